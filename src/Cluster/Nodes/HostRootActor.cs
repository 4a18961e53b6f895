using Akka.Actor;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>The root of a cluster target: a link for each adapter in the cluster.</summary>
internal sealed class HostRootActor(ClusterTarget target) : UntypedActor
{
    private readonly Dictionary<Address, IActorRef> _links = [];
    private int _count;

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(static _ => Directive.Stop);      // its connections are lost, its successor begins anew

    protected override void PreStart()
    {
        if (target.Transport.Members is { } members)
            Context.ActorOf(members(target.Settings.AdapterRole), "members");
    }

    protected override void PostStop() => target.EndStrays();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MemberNews news: OnNews(news); break;
            case LinkWoken: target.AnswerStrays(); break;
            case Terminated dead: OnEnded(dead.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    private void OnNews(MemberNews news)
    {
        bool isKnown = _links.ContainsKey(news.Node);
        switch (news)
        {
            case MemberIsUp:
                target.Nodes.SetMember(news.Node, isReachable: true, isLeaving: false);
                if (!isKnown)
                    Start(news.Node);
                break;
            case MemberIsUnreachable when isKnown:
                target.Nodes.SetMember(news.Node, isReachable: false, isLeaving: null);
                break;
            case MemberIsReachable when isKnown:
                target.Nodes.SetMember(news.Node, isReachable: true, isLeaving: null);
                break;
            case MemberIsLeaving when isKnown:
                target.Nodes.SetMember(news.Node, isReachable: null, isLeaving: true);
                break;
            case MemberIsGone:
                target.Nodes.Remove(news.Node);
                break;
        }

        if (_links.TryGetValue(news.Node, out IActorRef? link))
            link.Tell(news);
    }

    private void Start(Address node)
    {
        IActorRef link = Context.ActorOf(Props.Create(() => new HostLinkActor(target, node)), $"link{++_count}");
        Context.Watch(link);
        _links[node] = link;
    }

    /// <summary>It failed: its connections were completed by its end; a fresh one opens a link of a higher
    /// epoch.</summary>
    private void OnEnded(IActorRef link)
    {
        foreach ((Address node, IActorRef one) in _links.ToArray())
            if (one.Equals(link))
                Start(node);
    }
}
