using Akka.Actor;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.TestKit;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Tests.World;

/// <summary>Carries the messages of links between the simulated nodes of one world, as badly as its seed says; each is
/// written and read on its way.</summary>
internal sealed record BadTransport : LinkTransport
{
    private readonly SeededActorSystem _world;
    private readonly Dictionary<Address, IActorRef> _adapters = [];
    private readonly Dictionary<string, bool> _cut = [];
    private readonly List<(IActorRef To, byte[] Text, IActorRef From)> _held = [];
    private readonly HashSet<ITimer> _timers = [];

    public BadTransport(SeededActorSystem world)
    {
        _world = world;
        Clock = world.Clock;
        Tasks = TaskCreationOptions.None;
        Members = null;
        LossPercent = world.Draw(3) == 0 ? 0 : world.Draw(40);
        DelayMax = world.Draw(3) == 0 ? 0 : world.Draw(200);
    }

    /// <summary>Messages of a hundred that are lost, and as many that are doubled.</summary>
    public int LossPercent { get; }

    /// <summary>The longest time on the way, in milliseconds; what comes later may overtake.</summary>
    public int DelayMax { get; }

    /// <summary>Whether it still loses and doubles.</summary>
    public bool IsBad { get; set; } = true;

    /// <summary>Where the adapter of a node is.</summary>
    public void Place(Address node, IActorRef adapter) => _adapters[node] = adapter;

    /// <summary>Nothing comes through between adapters of this name and their hosts.</summary>
    /// <param name="adapter">The name.</param>
    /// <param name="holds">Whether what is said meanwhile waits and comes when the cut is mended, as it does when a
    /// process is stopped; else it is lost.</param>
    public void Cut(string adapter, bool holds) => _cut[adapter] = holds;

    /// <summary>It comes through again.</summary>
    public void Mend(string adapter)
    {
        if (!_cut.Remove(adapter))
            return;
        foreach ((IActorRef to, byte[] text, IActorRef from) in _held)
            Send(to, text, from);
        _held.Clear();
    }

    public override void Tell(ActorSystem system, Address node, LinkMessage message, IActorRef from)
    {
        if (_adapters.TryGetValue(node, out IActorRef? adapter))
            Tell(adapter, message, from);
    }

    public override void Tell(IActorRef to, LinkMessage message, IActorRef from)
    {
        if (to.IsNobody())
            return;
        if (IsBad && _world.Draw(100) < LossPercent)
            return;
        byte[] text = message.ToByteArray();
        for (int copies = IsBad && _world.Draw(100) < LossPercent ? 2 : 1; copies > 0; copies--)
            Send(to, text, from);
    }

    private void Send(IActorRef to, byte[] text, IActorRef from)
    {
        if (DelayMax == 0)
        {
            _world.Schedule($"message to {to.Path.Name}", () => Arrive(to, text, from));
            return;
        }

        ITimer? timer = null;
        timer = _world.Clock.CreateTimer(_ =>
        {
            _timers.Remove(timer!);
            Arrive(to, text, from);
        }, null, TimeSpan.FromMilliseconds(1 + _world.Draw(DelayMax)), Timeout.InfiniteTimeSpan);
        _timers.Add(timer);
    }

    private void Arrive(IActorRef to, byte[] text, IActorRef from)
    {
        bool? holds = CutOf(to) ?? CutOf(from);
        if (holds is null)
            to.Tell(LinkMessage.Parser.ParseFrom(text), from);
        else if (holds.Value)
            _held.Add((to, text, from));
    }

    private bool? CutOf(IActorRef end)
    {
        foreach (string name in end.Path.Elements)
            if (_cut.TryGetValue(name, out bool holds))
                return holds;
        return null;
    }
}
