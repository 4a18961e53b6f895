using Akka.Actor;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Kernel;
using AkkaCluster = Akka.Cluster.Cluster;

namespace ChimneyActors.Bench.Cluster;

/// <summary>The process on the other side of the link: an adapter, and what the rivals talk to.</summary>
internal static class AdapterPeer
{
    /// <summary>Hidden command of the program: the address of the host.</summary>
    public const string Command = "cluster-peer";

    /// <summary>Says its own address, and ends with its input.</summary>
    public static async Task<int> RunAsync(string host)
    {
        Address first = Address.Parse(host);
        using ActorSystem system = BenchSystem.Start("offload");
        KernelTarget target = new(new KernelTargetSettings { ConnectionsMax = 1_000_000 });
        Chimney stack = await Chimney.StartAsync(system, drivers => drivers
            .Miniport("nic0", target)
            .Intermediate("mux0", over: "nic0")
            .Binding("adapter", over: "mux0")).ConfigureAwait(false);
        _ = ClusterAdapter.Start(system, stack.Binding("adapter"), async (remote, cancellation) =>
        {
            var socket = await target.ConnectAsync(remote, cancellation).ConfigureAwait(false);
            socket.NoDelay = true;
            return socket;
        });
        system.ActorOf(Props.Create(() => new RemoteEcho()), RemoteEcho.Name);
        Deliveries.Start(system, DeliveryTalker.EchoName,
            (end, message) => end.Send(DeliveryTalker.AnswerTo(message)));
        AkkaCluster.Get(system).Join(first);
        await Deliveries.HearAsync(system, DeliveryTalker.EchoName, first, DeliveryTalker.Name).ConfigureAwait(false);
        Console.WriteLine(AkkaCluster.Get(system).SelfAddress);
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is not null)
        {
        }

        return 0;
    }
}
