using System.Buffers.Binary;
using System.Diagnostics;
using Akka.Actor;
using ChimneyActors.Bench.Kernel;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Bench.Cluster;

/// <summary>The rival: reliable messages of Akka, all connections over one pair of streams, and no TCP behind
/// them.</summary>
internal sealed class DeliveryTalker : ITalker
{
    public const string Name = "talker";
    public const string EchoName = "delivery-echo";
    private const int NumberBytes = sizeof(int);
    private const int WritesUnderWay = 8;
    private readonly IActorRef _end;
    private Connection[] _open = [];

    /// <summary>The end of this process; it speaks when it was made to hear the other one.</summary>
    public DeliveryTalker(ActorSystem system) => _end = Deliveries.Start(system, Name, Take);

    /// <summary>What the other process answers: a short message itself, of a long one that it came.</summary>
    public static byte[] AnswerTo(byte[] message) =>
        message.Length <= NumberBytes + ReplyRun.Bytes ? message : message[..(NumberBytes + 1)];

    public Task OpenAsync(int count, int slots, bool echo)
    {
        _open = [.. Enumerable.Range(0, count).Select(number => new Connection(number))];
        return Task.CompletedTask;
    }

    public Task ReplyAsync(ReplyRun run)
    {
        foreach (Connection one in _open)
            one.Begin(run, run.Each - 1, run.All);
        foreach (Connection one in _open)
            _end.Tell(one.Question, ActorRefs.NoSender);
        return run.All.Done;
    }

    public Task WriteAsync(int each)
    {
        var all = new Countdown(_open.Length * each);
        foreach (Connection one in _open)
            one.Begin(null, Math.Max(0, each - WritesUnderWay), all);
        foreach (Connection one in _open)
            for (int first = Math.Min(each, WritesUnderWay); first > 0; first--)
                _end.Tell(one.Bulk, ActorRefs.NoSender);
        return all.Done;
    }

    public Task DisconnectAsync() => Task.CompletedTask;

    public Task CloseAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;

    private void Take(DeliveryEnd end, byte[] answer)
    {
        Connection one = _open[BinaryPrimitives.ReadInt32BigEndian(answer)];
        if (one.Next() is { } more)
            end.Send(more);
    }

    private sealed class Connection
    {
        private ReplyRun? _run;
        private Countdown _all = null!;
        private int _left;
        private long _since;

        public Connection(int number)
        {
            BinaryPrimitives.WriteInt32BigEndian(Question, number);
            BinaryPrimitives.WriteInt32BigEndian(Bulk, number);
        }

        public byte[] Question { get; } = new byte[NumberBytes + ReplyRun.Bytes];

        public byte[] Bulk { get; } = new byte[NumberBytes + 65536];

        public void Begin(ReplyRun? run, int left, Countdown all) =>
            (_run, _left, _all, _since) = (run, left, all, Stopwatch.GetTimestamp());

        /// <summary>An answer came; what is to be sent next.</summary>
        public byte[]? Next()
        {
            _run?.Add(_since);
            _since = Stopwatch.GetTimestamp();
            if (_run is null)
                _all.Signal();
            if (_left-- > 0)
                return _run is null ? Bulk : Question;
            if (_run is not null)
                _all.Signal();
            return null;
        }
    }
}
