using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.TestKit;

namespace SeededDriver;

/// <summary>What one seed does: two connections send over the driver, which crashes now and then.</summary>
internal sealed class Workload : IConnectionUser
{
    private static readonly Config Settings = ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000");

    /// <summary>How many drivers died on purpose.</summary>
    public static long Crashes { get; private set; }

    /// <summary>How many sends were answered.</summary>
    public static long Sends { get; private set; }

    /// <summary>Runs a seed.</summary>
    /// <exception cref="LedgerException">A promise was broken.</exception>
    public static void Run(long seed, bool isMended, TextWriter? trace = null)
    {
        using var world = new SeededActorSystem(seed, trace, Settings);
        var target = new InMemoryTarget(world);
        Chimney chimney = world.Start(stack => stack
            .Miniport("nic0", target)
            .Intermediate("coalescer", over: "nic0", () => new CoalescingDriver(isMended))
            .Binding("tcpip", over: "coalescer")
            .Crashes(world.NewCrashPlan(0.01)));
        InMemoryPeer[] peers = [target.AddPeer(), target.AddPeer()];
        world.Run(() => Task.WhenAll(peers.Select(peer => SendAsync(world, chimney, peer))));
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
        Crashes += chimney.Ledger.DriverDeaths;
    }

    private static async Task SendAsync(SeededActorSystem world, Chimney chimney, InMemoryPeer peer)
    {
        ResilientConnection connection =
            await ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, new Workload());
        var answers = new List<Task<SendResult>>();
        byte[] data = new byte[3000];
        for (int left = world.Draw(12); left > 0; left--)
            answers.Add(SendAsync(connection, data.AsMemory(0, 1 + world.Draw(data.Length))));
        foreach (SendResult answer in await Task.WhenAll(answers))
            if (answer.Status != NdisStatus.Success)
                throw new InvalidOperationException($"A send to peer {peer.Number} ended with {answer.Status}.");
        await connection.CloseAsync();
        Sends += answers.Count;
    }

    private static Task<SendResult> SendAsync(ResilientConnection connection, ReadOnlyMemory<byte> data)
    {
        var sent = new TaskCompletionSource<SendResult>();
        connection.Send(data, (_, result) => sent.SetResult(result), null);
        return sent.Task;
    }

    void IConnectionUser.OnReceived(ReceivedData data) => data.Return();

    void IConnectionUser.OnPeerClosed()
    {
    }

    void IConnectionUser.OnAborted()
    {
    }
}
