using Akka.Actor;
using Akka.Event;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>Opens links to the hosts of the cluster, one at a time to each, and to nobody else.</summary>
internal sealed class AdapterServiceActor(ClusterAdapter adapter) : UntypedActor, IWithTimers
{
    private const int LinksMax = 4096;
    private static readonly object Look = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<Address> _hosts = [];
    private readonly Dictionary<ulong, Open> _links = [];   // by the number that the host drew
    private int _count;
    private Load _said = new();

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        if (adapter.Transport.Members is { } members)
            Context.ActorOf(members(adapter.Settings.HostRole), "members");
        Timers.StartPeriodicTimer(nameof(Look), Look, adapter.Settings.LoadInterval);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkMessage { KindCase: LinkMessage.KindOneofCase.Hello } said: OnHello(said.Hello); break;
            case LinkMessage late: OnLate(late); break;
            case MemberIsUp up: _hosts.Add(up.Node); break;
            case MemberIsGone gone: OnGone(gone.Node); break;
            case MemberNews: break;
            case Terminated dead: OnEnded(dead.ActorRef); break;
            case Unreadable what: _log.Warning("{0}: {1}", Sender.Path.Address, what.Why); break;
            default:
                if (ReferenceEquals(message, Look))
                    SayLoad();
                else
                    Unhandled(message);
                break;
        }
    }

    private void OnHello(Hello hello)
    {
        var name = new LinkName(hello.Host, hello.Epoch);
        Address from = Sender.Path.Address;
        if (_links.TryGetValue(hello.Host, out Open? open))
        {
            if (open.Name == name && open.Host.Equals(Sender))
                open.Link.Tell(WelcomeAgain.Instance, Sender);
            else if (hello.Epoch <= open.Name.Epoch)
                SayOver(name, "a later link was opened");
            else
                Replace(open, hello);
            return;
        }

        if (!_hosts.Contains(from) && !from.HasLocalScope)      // else of this very process
            Refuse(hello, $"{from} is no member of this cluster with the role {adapter.Settings.HostRole}");
        else if (Protocol.Common(hello.VersionMin, hello.VersionMax) is not { } version)
            Refuse(hello, $"no common version, asked for {hello.VersionMin} to {hello.VersionMax}");
        else if (_links.Count == LinksMax)
            Refuse(hello, $"{LinksMax} links are open, and no more are allowed");
        else
            Start(hello, version);
    }

    /// <summary>The host begins anew: what it had is ended first.</summary>
    private void Replace(Open open, Hello hello)
    {
        _links.Remove(open.Name.Host);
        Context.Unwatch(open.Link);
        Context.Stop(open.Link);
        OnHello(hello);
    }

    private void Start(Hello hello, uint version)
    {
        IActorRef host = Sender;
        IActorRef link = Context.ActorOf(
            Props.Create(() => new AdapterLinkActor(adapter, host, hello, version)), $"link{++_count}");
        Context.Watch(link);
        _links[hello.Host] = new Open(new LinkName(hello.Host, hello.Epoch), host, link);
    }

    private void Refuse(Hello hello, string why)
    {
        adapter.CountRefused();
        _log.Warning("A link is refused to {0}: {1}", Sender, why);
        adapter.Transport.Tell(Sender, new LinkMessage
        {
            Refused = new Refused
            {
                Host = hello.Host,
                Epoch = hello.Epoch,
                Reason = why,
                VersionMin = Protocol.VersionMin,
                VersionMax = Protocol.VersionMax,
            },
        }, Self);
    }

    private void SayOver(LinkName name, string why) => adapter.Transport.Tell(Sender, new LinkMessage
    {
        Over = new Over { Host = name.Host, Epoch = name.Epoch, Reason = why },
    }, Self);

    private void OnLate(LinkMessage late)
    {
        if (late.KindCase == LinkMessage.KindOneofCase.None)
            _log.Warning("{0} says what this version does not know", Sender);
    }

    private void OnGone(Address node)
    {
        _hosts.Remove(node);
        foreach (Open open in _links.Values)
            if (open.Host.Path.Address.Equals(node))
                Context.Stop(open.Link);
    }

    private void OnEnded(IActorRef link)
    {
        foreach ((ulong host, Open open) in _links.ToArray())
            if (open.Link.Equals(link))
                _links.Remove(host);
    }

    private void SayLoad()
    {
        Load now = adapter.Node.Load;
        if (now.Equals(_said))
            return;
        _said = now;
        foreach (Open open in _links.Values)
            open.Link.Tell(LoadChanged.Instance);
    }

    private sealed record Open(LinkName Name, IActorRef Host, IActorRef Link);
}

/// <summary>To a link: the host has not heard the welcome.</summary>
internal sealed class WelcomeAgain : INoSerializationVerificationNeeded
{
    public static readonly WelcomeAgain Instance = new();
}

/// <summary>To a link: hosts are to hear how busy the adapter is.</summary>
internal sealed class LoadChanged : INoSerializationVerificationNeeded
{
    public static readonly LoadChanged Instance = new();
}
