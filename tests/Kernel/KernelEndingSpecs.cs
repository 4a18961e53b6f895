using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>The promise on real sockets: every request has its verdict, and acknowledged bytes are the truth.</summary>
public sealed class KernelEndingSpecs
{
    private const int Endings = 1_200;
    private const int AtOnce = 6;
    private const int Together = 200;   // with one bench; its log is searched from the start

    private enum Ending
    {
        Graceful,
        OwnAbort,
        QuietReset,
        WildReset,
        Upload,
        Severed,
    }

    [Fact]
    public async Task However_a_connection_ends_the_acknowledged_bytes_are_what_the_peers_kernel_received()
    {
        string? wanted = Environment.GetEnvironmentVariable("CHIMNEY_SEEDS");
        int endings = int.TryParse(wanted, out int seeds) ? seeds : Endings;
        for (int first = 0; first < endings; first += Together)
            await EndManyAsync(first, Math.Min(Together, endings - first));
    }

    private static async Task EndManyAsync(int first, int count)
    {
        await using var bench = new KernelBench(new KernelTargetSettings());
        var numbers = new Queue<int>(Enumerable.Range(first, count));
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => WorkAsync(bench, numbers)));

        bench.Host.Breaches.ShouldBeEmpty();
        bench.KernelTarget.Connections.ShouldBe(0);
        bench.Host.ReceivePool.Out.ShouldBe(0);
    }

    private static async Task WorkAsync(KernelBench bench, Queue<int> numbers)
    {
        while (true)
        {
            int seed;
            lock (numbers)
            {
                if (!numbers.TryDequeue(out seed))
                    return;
            }

            try
            {
                await EndOne(bench, seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed} ({EndingOf(new Random(seed))})", exception);
            }
        }
    }

    private static Ending EndingOf(Random random) => (Ending)random.Next(6);

    private static async Task EndOne(KernelBench bench, int seed)
    {
        var random = new Random(seed);
        Ending ending = EndingOf(random);
        Line line = await bench.OffloadAsync(small: random.Next(2) == 0);
        var sends = new List<NetBufferList>();
        for (int burst = random.Next(1, 6); burst > 0; burst--)
        {
            int[] lengths = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Length(random))];
            sends.AddRange(line.Send(lengths));
            if (random.Next(3) == 0)
                await line.Peer.ReadAsync(random.NextInt64(line.NextOffset - line.Peer.BytesRead + 1));
        }

        await EndAsync(bench, line, sends, ending, random);
        sends.ShouldAllBe(list => ending == Ending.Severed || bench.Host.IsBack(list));
        long acknowledged = sends.Sum(list => list.BytesTransferred);
        bool partial = false;
        foreach (NetBufferList list in sends.Where(list => list.Status != NdisStatus.Pending))
        {
            if (list.Status == NdisStatus.Success)
                partial.ShouldBeFalse("a success after a failure");
            partial |= list.Status != NdisStatus.Success;
        }

        acknowledged.ShouldBeLessThanOrEqualTo(line.NextOffset);
        line.Peer.Dispose();
    }

    private static async Task EndAsync(
        KernelBench bench, Line line, List<NetBufferList> sends, Ending ending, Random random)
    {
        switch (ending)
        {
            case Ending.Graceful:
                sends.Add(line.Disconnect(DisconnectKind.Graceful, Length(random)));
                (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
                await bench.Host.Back(sends[^1]);
                Acknowledged(sends).ShouldBe(line.Peer.BytesRead);
                Acknowledged(sends).ShouldBe(line.NextOffset);
                await bench.Host.Back(line.Terminate());
                break;
            case Ending.OwnAbort:
                await bench.Host.Back(line.Disconnect(DisconnectKind.Abortive));
                (await line.Peer.ReadToEndAsync()).ShouldBeFalse();
                Acknowledged(sends).ShouldBeLessThanOrEqualTo(line.Peer.BytesRead);
                await bench.Host.Back(line.Terminate());
                break;
            case Ending.QuietReset or Ending.WildReset:
                if (ending == Ending.QuietReset)
                    await line.SettledAsync();
                long received = line.Peer.BytesRead + line.Peer.Reset();
                await bench.Host.Event(line.Handle, TcpOffloadEventType.Abort);
                await bench.Host.Back(sends[^1]);
                if (ending == Ending.QuietReset)
                    Acknowledged(sends).ShouldBeLessThanOrEqualTo(received);
                await bench.Host.Back(line.Terminate());
                break;
            case Ending.Upload:
                OffloadBlock block = line.Terminate();
                await bench.Host.Back(block);
                Acknowledged(sends).ShouldBe(block.Positions.Acknowledged);
                await GoOnAsync(line, block.Socket!, block.Positions.Accepted);
                break;
            default:
                Severed left = await line.SeverAsync();
                left.Positions.Acknowledged.ShouldBeLessThanOrEqualTo(left.Positions.Accepted);
                await GoOnAsync(line, left.Socket!, left.Positions.Accepted);
                break;
        }
    }

    /// <summary>The host goes on with the socket from the place it was told; the peer sees one stream.</summary>
    private static async Task GoOnAsync(Line line, System.Net.Sockets.Socket socket, long accepted)
    {
        const int Rest = 1_000;
        Task<int> sending = socket.SendAsync(Pattern.Bytes(accepted, Rest));
        await line.Peer.ReadAsync(accepted + Rest - line.Peer.BytesRead);
        (await sending.WaitAsync(Limits.Patience)).ShouldBe(Rest);
        socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
    }

    private static long Acknowledged(List<NetBufferList> sends) => sends.Sum(list => list.BytesTransferred);

    private static int Length(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => random.Next(1, 100),
        2 => random.Next(1, 5_000),
        _ => random.Next(1, 80_000),
    };
}
