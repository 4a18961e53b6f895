using Akka.Actor;
using Akka.Event;
using ChimneyActors.Cluster.Adapters;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>The adapter's side of one link. It ends with the link; what the host had here is aborted then.</summary>
internal sealed class AdapterLinkActor : UntypedActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ClusterAdapter _adapter;
    private readonly IActorRef _host;
    private readonly uint _version;
    private readonly AdapterLink _link;
    private readonly long _begin;
    private LinkTimer _timer = null!;

    public AdapterLinkActor(ClusterAdapter adapter, IActorRef host, Hello hello, uint version)
    {
        (_adapter, _host, _version) = (adapter, host, version);
        _begin = adapter.Transport.Clock.GetTimestamp();
        IActorRef self = Self;
        _link = new AdapterLink(new LinkName(hello.Host, hello.Epoch), adapter.Settings.Link, adapter.Node,
            () => self.Tell(LinkWoken.Instance, ActorRefs.NoSender));
        _link.Limit(hello.Window);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _adapter.Transport.Clock.GetElapsedTime(_begin);

    protected override void PreStart()
    {
        _timer = new LinkTimer(Timers);
        Context.Watch(_host);
        _log.Info("Link {0} to host {1} is open", _link.Name, _host.Path.Address);
        SayWelcome();
    }

    protected override void PostStop()
    {
        _link.End();
        Say(new LinkMessage
        {
            Over = new Over { Host = _link.Name.Host, Epoch = _link.Name.Epoch, Reason = "the adapter has ended it" },
        });
        _log.Info("Link {0} to host {1} is over", _link.Name, _host.Path.Address);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkMessage said: OnSaid(said); break;
            case LinkWoken: _link.Run(); break;
            case LinkDue: _timer.Rang(); break;
            case WelcomeAgain: SayWelcome(); break;
            case LoadChanged: _link.SayLoad(); break;
            case Terminated: Context.Stop(Self); break;
            case Unreadable what: _log.Warning("Host {0}: {1}", _host, what.Why); break;
            default: Unhandled(message); break;
        }

        SayFrames();
    }

    private void OnSaid(LinkMessage said)
    {
        if (!Sender.Equals(_host))
        {
            _adapter.CountRefused();
            _log.Warning("{0} speaks on a link of {1}", Sender, _host);
            return;
        }

        switch (said.KindCase)
        {
            case LinkMessage.KindOneofCase.Frame: OnFrame(said.Frame); break;
            case LinkMessage.KindOneofCase.Over:
                if (new LinkName(said.Over.Host, said.Over.Epoch) == _link.Name)
                    Context.Stop(Self);
                break;
            default: _log.Warning("Host {0} says {1} on a link", _host, said.KindCase); break;
        }
    }

    private void OnFrame(Frame frame)
    {
        if (new LinkName(frame.Host, frame.Epoch) != _link.Name)
        {
            _adapter.CountFenced(frame.Items.Count);
            return;
        }

        try
        {
            _link.Receive(frame, Now);
        }
        catch (LinkException broken)
        {
            _log.Error("Host {0} broke the protocol: {1}", _host, broken.Message);
            Context.Stop(Self);
        }
    }

    private void SayWelcome() => Say(new LinkMessage
    {
        Welcome = new Welcome
        {
            Host = _link.Name.Host,
            Epoch = _link.Name.Epoch,
            Version = _version,
            Window = new Window
            {
                Items = (uint)_adapter.Settings.Link.WindowItems,
                Bytes = (ulong)_adapter.Settings.Link.WindowBytes,
            },
            Load = _adapter.Node.Load,
        },
    });

    private void SayFrames()
    {
        while (_link.NextFrame(Now) is { } frame)
            Say(new LinkMessage { Frame = frame });
        _timer.RingBy(_link.NextDue, Now);
    }

    private void Say(LinkMessage message) => _adapter.Transport.Tell(_host, message, Self);
}
