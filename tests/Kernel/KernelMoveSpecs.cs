using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>A stream that changes its owner again and again under load is still one stream, both ways.</summary>
public sealed class KernelMoveSpecs
{
    private const int Total = 300_000;
    private static readonly Answering[] Answers =
        [Answering.TakeAndReturn, Answering.TakeAndKeep, Answering.TakeHalf, Answering.Refuse];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task A_connection_that_moves_under_load_loses_and_doubles_nothing(int seed)
    {
        var random = new Random(seed);
        await using var one = new KernelBench(new KernelTargetSettings());
        await using var two = new KernelBench(new KernelTargetSettings());
        (OffloadBlock block, Peer peer) = one.Connect(small: true);
        one.Keep(peer);
        Task echoing = Task.WhenAll(peer.SendAsync(Total), peer.ReadToEndAsync());
        long received = 0;
        long sent = 0;
        int moves = 0;
        while (sent < Total || received < Total)
        {
            KernelBench bench = moves++ % 2 == 0 ? one : two;
            bench.Host.Answering = Answers[random.Next(Answers.Length)];
            Line line = await bench.OffloadAsync(block, peer);
            block.Status.ShouldBe(NdisStatus.Success);
            int most = (int)Math.Min(Total - sent, random.Next(0, 60_000));
            if (most > 0)
                line.Send(most / 2, most - (most / 2));
            line.Receive(noPush: random.Next(2) == 0, random.Next(0, 20_000), random.Next(0, 5_000));
            for (int pause = random.Next(4); pause > 0; pause--)
                await line.SettledAsync();
            OffloadBlock left = line.Terminate();
            await bench.Host.Back(left);

            received = CheckReceived(bench.Host, line.Handle, received);
            sent = left.Positions.Accepted;
            left.Positions.Received.ShouldBe(received + left.BufferedData.Length);
            Pattern.Check(left.BufferedData.Span, received);
            block = TargetBench.Continue(left);
        }

        block.Socket!.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await echoing.WaitAsync(Limits.Patience);
        peer.BytesRead.ShouldBe(Total);
        moves.ShouldBeGreaterThan(5);
        one.Host.Breaches.Concat(two.Host.Breaches).ShouldBeEmpty();
    }

    /// <summary>Puts together what the host took on this leg, in the order it took it.</summary>
    private static long CheckReceived(Host host, OffloadHandle handle, long offset)
    {
        foreach (Heard heard in host.All.Where(heard => heard.Connection == handle))
        {
            ReadOnlySpan<byte> taken = heard switch
            {
                DataIndicated data => data.Data.AsSpan(0, data.Taken),
                CameBack { Operation: OffloadOperation.Receive } back => Line.DataOf((NetBufferList)back.Parcel),
                _ => [],
            };
            Pattern.Check(taken, offset);
            offset += taken.Length;
        }

        return offset;
    }
}
