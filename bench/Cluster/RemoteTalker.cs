using System.Diagnostics;
using Akka.Actor;
using ChimneyActors.Bench.Kernel;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Bench.Cluster;

/// <summary>The rival: bare messages of Akka.Remote to an actor of the other process, which keep no promise, and no TCP
/// behind them.</summary>
internal sealed class RemoteTalker(ActorSystem system, IActorRef echo) : ITalker
{
    private IActorRef[] _open = [];

    public Task OpenAsync(int count, int slots, bool echoes)
    {
        _open = [.. Enumerable.Range(0, count).Select(_ => system.ActorOf(Props.Create(() => new Connection(echo))))];
        return Task.CompletedTask;
    }

    public Task ReplyAsync(ReplyRun run) => Writes.TellAll(_open, run, run.All);

    public Task WriteAsync(int each) => Writes.TellAll(_open, each);

    public Task DisconnectAsync()
    {
        foreach (IActorRef one in _open)
            system.Stop(one);
        return Task.CompletedTask;
    }

    public Task CloseAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;

    private sealed class Connection(IActorRef echo) : UntypedActor
    {
        private const int WritesUnderWay = 8;
        private static readonly byte[] Question = new byte[ReplyRun.Bytes];
        private static readonly byte[] Bulk = new byte[65536];
        private ReplyRun? _run;
        private Countdown? _all;
        private int _unsent;
        private int _unanswered;
        private long _since;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case ReplyRun run:
                    (_run, _all, _unsent, _unanswered) = (run, run.All, run.Each, run.Each);
                    Send();
                    break;
                case Writes writes:
                    (_run, _all, _unsent, _unanswered) = (null, writes.All, writes.Each, writes.Each);
                    for (int first = 0; first < WritesUnderWay; first++)
                        Send();
                    break;
                case byte[]:
                    _run?.Add(_since);
                    Send();
                    if (--_unanswered == 0)
                        _all!.Signal();
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }

        private void Send()
        {
            if (_unsent-- <= 0)
                return;
            _since = Stopwatch.GetTimestamp();
            echo.Tell(_run is null ? Bulk : Question, Self);
        }
    }
}

/// <summary>Answers in the other process: a short message with itself, a long one with a byte.</summary>
internal sealed class RemoteEcho : UntypedActor
{
    public const string Name = "remote-echo";
    private static readonly byte[] Came = new byte[1];

    protected override void OnReceive(object message)
    {
        if (message is byte[] bytes)
            Sender.Tell(bytes.Length <= ReplyRun.Bytes ? bytes : Came, ActorRefs.NoSender);
        else
            Unhandled(message);
    }
}
