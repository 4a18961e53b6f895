using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.IO;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Bench.Kernel;

/// <summary>The rival: Akka.IO, an actor for each connection.</summary>
internal sealed class AkkaClient : IClient
{
    private readonly Peer _peer;
    private readonly ActorSystem _system;
    private IActorRef[] _open = [];

    public AkkaClient(Peer peer)
    {
        _peer = peer;
        _system = ActorSystem.Create("akka-io", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
        // The first scheduled message makes Akka's timer start, and blocks the thread that scheduled it.
        _system.Scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () => { });
    }

    public Task ChurnAsync(int count, int slots, bool reset)
    {
        var churn = new Churn(reset, count, new Countdown(slots));
        foreach (IActorRef actor in Actors(slots))
            actor.Tell(churn, ActorRefs.NoSender);
        return churn.All.Done;
    }

    public async Task OpenAsync(int count, int slots, bool echo)
    {
        IActorRef[] actors = Actors(count);
        await Slots.RunAsync(count, slots, index =>
        {
            var open = new Open(echo, new Countdown(1));
            actors[index].Tell(open, ActorRefs.NoSender);
            return open.All.Done;
        }).ConfigureAwait(false);
        _open = actors;
    }

    public Task ReplyAsync(ReplyRun run) => Writes.TellAll(_open, run, run.All);

    public Task WriteAsync(int each) => Writes.TellAll(_open, each);

    public Task DisconnectAsync() => WriteAsync(0);

    public Task CloseAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync() => await _system.Terminate().ConfigureAwait(false);

    private IActorRef[] Actors(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _system.ActorOf(Props.Create(() => new Connection(_peer))))];

    private sealed record Open(bool Echo, Countdown All);

    private sealed class Churn(bool reset, int count, Countdown all)
    {
        private int _left = count;

        public bool Reset => reset;

        public Countdown All => all;

        public bool TryTake() => Interlocked.Decrement(ref _left) >= 0;
    }

    private sealed class Connection(Peer peer) : UntypedActor
    {
        private static readonly ByteString Bulk = ByteString.FromBytes(new byte[65536]);
        private static readonly ByteString Question = ByteString.FromBytes(new byte[ReplyRun.Bytes]);
        private static readonly ByteString OneByte = ByteString.FromBytes(new byte[1]);
        private IActorRef _tcp = ActorRefs.Nobody;
        private Open? _opening;
        private Churn? _churn;
        private ReplyRun? _run;
        private Countdown? _ending;
        private int _left;
        private int _got;
        private long _since;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Open open: _opening = open; Connect(open.Echo); break;
                case Churn churn: _churn = churn; Again(); break;
                case ReplyRun run: (_run, _left) = (run, run.Each); Ask(); break;
                case Writes writes: (_ending, _left) = (writes.All, writes.Each); WriteNext(); break;
                case Tcp.Connected: Connected(); break;
                case Tcp.Received received: Count(received.Data.Count); break;
                case Acknowledged: WriteNext(); break;
                case Tcp.ConnectionClosed: Closed(); break;
                case Tcp.CommandFailed failed:
                    Environment.FailFast($"Akka.IO: {failed}");     // a benchmark that goes on would wait for ever
                    break;
                default: Unhandled(message); break;
            }
        }

        // Akka.IO turns Nagle's algorithm off by itself.
        private void Connect(bool echo) => Context.System.Tcp().Tell(new Tcp.Connect(peer.Next(echo)));

        private void Connected()
        {
            _tcp = Sender;
            _tcp.Tell(new Tcp.Register(Self));
            _opening?.All.Signal();
            if (_churn is null)
                return;
            _tcp.Tell(_churn.Reset ? Tcp.Write.Create(OneByte, Acknowledged.Instance) : Tcp.Write.Create(OneByte));
            if (!_churn.Reset)
                _tcp.Tell(Tcp.ConfirmedClose.Instance);
        }

        private void Again()
        {
            if (_churn!.TryTake())
            {
                Connect(echo: false);
                return;
            }
            _churn.All.Signal();
            Context.Stop(Self);
        }

        private void Ask()
        {
            _got = 0;
            _since = Stopwatch.GetTimestamp();
            _tcp.Tell(Tcp.Write.Create(Question));
        }

        private void Count(int bytes)
        {
            _got += bytes;
            if (_got < ReplyRun.Bytes)
                return;
            _run!.Add(_since);
            if (--_left > 0)
                Ask();
            else
                _run.All.Signal();
        }

        private void WriteNext()
        {
            if (_churn is not null)
                _tcp.Tell(Tcp.Abort.Instance);
            else if (_left-- > 0)
                _tcp.Tell(Tcp.Write.Create(Bulk, Acknowledged.Instance));
            else
                _tcp.Tell(Tcp.ConfirmedClose.Instance);
        }

        private void Closed()
        {
            if (_churn is not null)
            {
                Again();
                return;
            }
            _ending?.Signal();
            Context.Stop(Self);
        }
    }

    private sealed class Acknowledged : Tcp.Event
    {
        public static readonly Acknowledged Instance = new();
    }
}
