using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Cluster;

namespace ChimneyActors.Bench.Cluster;

/// <summary>The actor systems of both processes.</summary>
internal static class BenchSystem
{
    public const string Name = "bench";

    private static readonly Config Settings = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = WARNING
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          reliable-delivery.consumer-controller.flow-control-window = 200
        }
        """);

    public static ActorSystem Start(string role) => ActorSystem.Create(Name, ConfigurationFactory
        .ParseString($"akka.cluster.roles = [{role}]").WithFallback(Settings)
            .WithFallback(ClusterSettings.Reference()));

    /// <summary>An actor of another process.</summary>
    public static Task<IActorRef> FindAsync(ActorSystem system, Address node, string name) =>
        system.ActorSelection($"{node}/user/{name}").ResolveOne(TimeSpan.FromSeconds(30));
}
