using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Support;

/// <summary>A driver that only listens: an edge, and what was told to it. No actor, no other thread.</summary>
internal sealed class Ear : MinimalActorRef
{
    public Ear(string name)
    {
        Path = new RootActorPath(Address.AllSystems) / name;
        Edge = new Edge(name);
        Edge.PointAt(this, Holder);
    }

    public Edge Edge { get; }

    public HolderId Holder { get; } = HolderId.Next();

    public List<object> Heard { get; } = [];

    /// <summary>Runs while it is being told.</summary>
    public Action<object>? OnTold { get; set; }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider => throw new NotSupportedException();

    /// <summary>It dies: its edge is nobody's.</summary>
    public void Die() => Edge.Retire(Holder);

    protected override void TellInternal(object message, IActorRef sender)
    {
        OnTold?.Invoke(message);
        Heard.Add(message);
    }

    /// <summary>What the drivers of a stack share, without any driver. Its pools are small.</summary>
    public static DriverStack StackWithoutActors(TimeProvider? clock = null) =>
        new("bare", ChimneySettings.From(ChimneySettings.Reference()).Stack with
        {
            SendsMax = 8,
            ReceivesMax = 8,
            IndicationsMax = 8,
        }, clock ?? TimeProvider.System);
}
