using Akka.Actor;
using ChimneyActors.Bench.Kernel;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Kernel;
using AkkaCluster = Akka.Cluster.Cluster;

namespace ChimneyActors.Bench.Cluster;

/// <summary>A connection that an adapter in another process makes: what the way there and back costs.</summary>
internal static class LinkBench
{
    private const string Adapter = "through an adapter";

    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell)
    {
        using Child server = Child.StartSelf(SocketPeer.Command);
        Peer peer = await Peer.OfAsync(server).ConfigureAwait(false);
        ActorSystem system = BenchSystem.Start("host");
        Address own = AkkaCluster.Get(system).SelfAddress;
        AkkaCluster.Get(system).Join(own);
        var delivery = new DeliveryTalker(system);
        using Child child = Child.StartSelf(AdapterPeer.Command, own.ToString());
        Address other = Address.Parse(await child.Output.ReadLineAsync().ConfigureAwait(false)
            ?? throw new BenchException("the adapter's process ended before it was ready"));
        await Deliveries.HearAsync(system, DeliveryTalker.Name, other, DeliveryTalker.EchoName).ConfigureAwait(false);
        IActorRef echo = await BenchSystem.FindAsync(system, other, RemoteEcho.Name).ConfigureAwait(false);

        (string Name, bool IsRival, ITalker Talker)[] talkers =
        [
            (Adapter, false, await StartAsync(system, peer).ConfigureAwait(false)),
            ("one process", true, await StackClient.StartAsync(peer, new KernelTargetSettings()).ConfigureAwait(false)),
            ("Akka.Remote, no TCP", true, new RemoteTalker(system, echo)),
            ("Akka.Delivery, no TCP", true, delivery),
        ];
        foreach (int connections in (int[])[1, 100])
            if (options.Wants("reply"))
                await ReplyAsync(connections).ConfigureAwait(false);
        if (options.Wants("bulk"))
            await BulkAsync().ConfigureAwait(false);
        foreach ((_, _, ITalker talker) in talkers.Reverse())
            await talker.DisposeAsync().ConfigureAwait(false);

        Task ReplyAsync(int connections)
        {
            int count = options.Count(connections == 1 ? 10_000 : 50_000, 200);
            string name = FormattableString.Invariant($"64 bytes there and back, connections: {connections:N0}");
            return ContestAsync(async talker =>
            {
                await talker.OpenAsync(connections, 64, echo: true).ConfigureAwait(false);
                var run = new ReplyRun(connections, Math.Max(1, count / connections));
                var meter = Meter.Start();
                await talker.ReplyAsync(run).ConfigureAwait(false);
                Sample sample = meter.Stop(name, run.Nanos.Length).WithLatencies(run.Nanos);
                await talker.DisconnectAsync().ConfigureAwait(false);
                await talker.CloseAsync().ConfigureAwait(false);
                return sample;
            });
        }

        Task BulkAsync()
        {
            int count = options.Count(4_000, 40);
            return ContestAsync(async talker =>
            {
                await talker.OpenAsync(4, 4, echo: false).ConfigureAwait(false);
                var meter = Meter.Start();
                await talker.WriteAsync(count / 4).ConfigureAwait(false);
                return meter.Stop("writes of 64 KiB, 4 connections", count);
            });
        }

        Task ContestAsync(Func<ITalker, Task<Sample>> run) => Contest.RunAsync(options, tell,
            [.. talkers.Select(one => new Contestant(one.Name, one.IsRival,
                async () => [await run(one.Talker).ConfigureAwait(false)]))]);
    }

    private static async Task<StackClient> StartAsync(ActorSystem system, Peer peer)
    {
        var target = new ClusterTarget(system);
        Chimney stack = await Chimney.StartAsync(system, drivers => drivers
            .Miniport("cluster0", target)
            .Intermediate("mux0", over: "cluster0")
            .Binding("tcpip", over: "mux0")).ConfigureAwait(false);
        while (!target.Adapters.Any(one => one.IsOpen))
            await Task.Delay(20).ConfigureAwait(false);
        return new StackClient(peer, system, stack, to => target.ConnectAsync(to));
    }
}
