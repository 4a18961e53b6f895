using Akka.Actor;
using Akka.Event;
using ChimneyActors.Cluster.Hosts;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>A host's side of the links to one adapter: one link after the other, each of a higher epoch. What comes
/// from an earlier one is counted, and has no effect.</summary>
internal sealed class HostLinkActor(ClusterTarget target, Address node) : UntypedActor, IWithTimers
{
    private static readonly object SayHello = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly long _begin = target.Transport.Clock.GetTimestamp();
    private HostLink? _link;
    private IActorRef _adapter = ActorRefs.Nobody;
    private LinkName _asked;
    private LinkTimer _timer = null!;
    private bool _isGone;

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => target.Transport.Clock.GetElapsedTime(_begin);

    protected override void PreStart()
    {
        _timer = new LinkTimer(Timers);
        Timers.StartPeriodicTimer(nameof(SayHello), SayHello, TimeSpan.Zero, target.Settings.HelloInterval);
    }

    protected override void PostStop() => Lose("its actor ended");

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkMessage said: OnSaid(said); break;
            case LinkWoken: _link?.Run(Now); break;
            case LinkDue: _timer.Rang(); _link?.Run(Now); break;
            case MemberIsUp: _isGone = false; break;
            case MemberIsGone: _isGone = true; Lose("it is no member any more"); break;
            case Terminated dead when dead.ActorRef.Equals(_adapter): Lose("its actor ended"); break;
            case Unreadable what: _log.Warning("Adapter {0}: {1}", node, what.Why); break;
            default:
                if (ReferenceEquals(message, SayHello))
                    OfferLink();
                else
                    Unhandled(message);
                break;
        }

        SayFrames();
    }

    private void OnSaid(LinkMessage said)
    {
        switch (said.KindCase)
        {
            case LinkMessage.KindOneofCase.Frame: OnFrame(said.Frame); break;
            case LinkMessage.KindOneofCase.Welcome: OnWelcome(said.Welcome); break;
            case LinkMessage.KindOneofCase.Refused: OnRefused(said.Refused); break;
            case LinkMessage.KindOneofCase.Over: OnOver(said.Over); break;
            default: _log.Warning("Adapter {0} says {1} to a host", node, said.KindCase); break;
        }
    }

    private void OfferLink()
    {
        if (_link is not null || _isGone)
            return;
        if (_asked == default)
            _asked = target.NextLink();
        target.Transport.Tell(Context.System, node, new LinkMessage
        {
            Hello = new Hello
            {
                Host = _asked.Host,
                Epoch = _asked.Epoch,
                VersionMin = Protocol.VersionMin,
                VersionMax = Protocol.VersionMax,
                Window = new Window
                {
                    Items = (uint)target.Settings.Link.WindowItems,
                    Bytes = (ulong)target.Settings.Link.WindowBytes,
                },
            },
        }, Self);
    }

    private void OnWelcome(Welcome welcome)
    {
        var name = new LinkName(welcome.Host, welcome.Epoch);
        if (name != _asked || _isGone)
        {
            if (name != _link?.Name)
                SayOver(name, "nobody waits for it any more");
            return;
        }

        _asked = default;
        _adapter = Sender;
        Context.Watch(_adapter);
        IActorRef self = Self;
        _link = new HostLink(name, target.Settings.Link, target.Settings.Host,
            () => self.Tell(LinkWoken.Instance, ActorRefs.NoSender))
        {
            OnFault = fault => _log.Error(fault, "A connection to adapter {0} is given up", node),
            Forgotten = target.Forget,
        };
        _link.Open(welcome);
        _log.Info("Link {0} to adapter {1} is open", name, node);
        target.Nodes.SetLink(node, _link);
    }

    private void OnFrame(Frame frame)
    {
        var name = new LinkName(frame.Host, frame.Epoch);
        if (name == _asked)
            return;     // it has overtaken the welcome, or the welcome is lost; it will be said again
        if (_link is null || name != _link.Name)
        {
            target.CountFenced(frame.Items.Count);
            SayOver(name, "a late word of an earlier link");
            return;
        }

        try
        {
            _link.Receive(frame, Now);
        }
        catch (LinkException broken)
        {
            _log.Error("Adapter {0} broke the protocol: {1}", node, broken.Message);
            SayOver(name, broken.Message);
            Lose(broken.Message);
        }
    }

    private void OnRefused(Refused refused)
    {
        if (new LinkName(refused.Host, refused.Epoch) != _asked)
            return;
        _asked = default;
        _log.Warning("Adapter {0} refuses a link: {1} (it speaks versions {2} to {3}, we {4} to {5})",
            node, refused.Reason, refused.VersionMin, refused.VersionMax, Protocol.VersionMin, Protocol.VersionMax);
    }

    private void OnOver(Over over)
    {
        var name = new LinkName(over.Host, over.Epoch);
        if (name == _link?.Name)
            Lose($"the adapter says that it is over: {over.Reason}");
        else if (name == _asked)
            _asked = default;
    }

    private void Lose(string why)
    {
        if (_link is not { } lost)
            return;
        _link = null;
        if (lost.Sockets > 0)
            _log.Warning("Link {0} to {1} is over, with {2} connections: {3}", lost.Name, node, lost.Sockets, why);
        else
            _log.Info("Link {0} to {1} is over, no connection on it: {2}", lost.Name, node, why);
        Context.Unwatch(_adapter);
        SayOver(lost.Name, why);
        target.Nodes.SetLink(node, null);
        lost.Lose();
    }

    private void SayOver(LinkName name, string why)
    {
        IActorRef to = _adapter.IsNobody() ? Sender : _adapter;
        target.Transport.Tell(to, new LinkMessage
        {
            Over = new Over { Host = name.Host, Epoch = name.Epoch, Reason = why },
        }, Self);
    }

    private void SayFrames()
    {
        if (_link is null)
            return;
        while (_link.NextFrame(Now) is { } frame)
            target.Transport.Tell(_adapter, new LinkMessage { Frame = frame }, Self);
        _timer.RingBy(_link.NextDue, Now);
    }
}
