using Akka.Actor;
using Akka.Cluster;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>Tells its parent what the cluster says of the nodes with a role.</summary>
internal sealed class MembersActor(string role) : UntypedActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
        typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberUp up: Tell(up.Member, new MemberIsUp(up.Member.Address)); break;
            case ClusterEvent.MemberWeaklyUp weak: Tell(weak.Member, new MemberIsUp(weak.Member.Address)); break;
            case ClusterEvent.MemberLeft or ClusterEvent.MemberExited or ClusterEvent.MemberDowned:
                Member leaving = ((ClusterEvent.MemberStatusChange)message).Member;
                Tell(leaving, new MemberIsLeaving(leaving.Address));
                break;
            case ClusterEvent.MemberRemoved gone: Tell(gone.Member, new MemberIsGone(gone.Member.Address)); break;
            case ClusterEvent.UnreachableMember lost:
                Tell(lost.Member, new MemberIsUnreachable(lost.Member.Address));
                break;
            case ClusterEvent.ReachableMember back:
                Tell(back.Member, new MemberIsReachable(back.Member.Address));
                break;
            default: break;
        }
    }

    private void Tell(Member member, MemberNews news)
    {
        if (member.HasRole(role))
            Context.Parent.Tell(news);
    }
}
