using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>One engine and a peer that the test plays by hand.</summary>
internal sealed class Bench
{
    internal const int Mss = 100;
    private static readonly SeqNumber Ours = new(uint.MaxValue - 50);
    private static readonly SeqNumber Theirs = new(1_000);

    private readonly TcpEngine _engine;

    internal Bench(
        TcpConnectionState state = TcpConnectionState.Established, int window = 10_000, int room = 1_000,
        TcpEngineSettings? settings = null, DelegatedState? start = null) =>
        _engine = new TcpEngine(
            (start ?? new DelegatedState()) with
            {
                State = state,
                SndUna = Ours,
                RcvNxt = Theirs,
                SndWnd = window,
                MaxSndWnd = 10_000,
                RcvWnd = room,
            },
            (settings ?? new TcpEngineSettings()) with { SegmentBytesMax = Mss, ReceiveBytesMax = room },
            TimeSpan.Zero);

    internal TcpEngine Engine => _engine;

    internal TimeSpan Now { get; private set; }

    /// <summary>What the engine has sent since the last time, by (offset, length of data, flags).</summary>
    internal Segment[] Sent()
    {
        var sent = new List<Segment>();
        while (_engine.TryTakeSegment(out Segment segment))
            sent.Add(segment);
        return [.. sent];
    }

    internal TcpEvent[] Said()
    {
        var said = new List<TcpEvent>();
        while (_engine.TryTakeEvent(out TcpEvent happened))
            said.Add(happened);
        return [.. said];
    }

    /// <summary>Offset of a segment of the engine in its stream.</summary>
    internal static long OffsetOf(in Segment segment) => segment.Seq - Ours;

    /// <summary>Up to where a segment of the engine acknowledges the peer's stream.</summary>
    internal static long AckOf(in Segment segment) => segment.Ack - Theirs;

    internal void Write(int length) => _engine.Send(Pattern.Bytes(_engine.Queued, length), push: true, Now);

    internal void Finish() => _engine.Finish(Now);

    /// <summary>The peer sends a segment.</summary>
    internal void Arrive(
        long offset = 0, long ack = 0, int length = 0, SegmentFlags flags = SegmentFlags.None, int window = 10_000,
        Timestamps? stamps = null) =>
        _engine.OnSegment(
            (new Segment(Theirs + offset, Ours + ack, flags | SegmentFlags.Ack, window, Pattern.Bytes(offset, length))
                with { Stamps = stamps })
                .Sealed(),
            Now);

    /// <summary>Lets time pass to what is due next.</summary>
    internal void Wait() => WaitUntil(_engine.NextDue!.Value);

    /// <summary>Lets time pass to a moment at which nothing before it is due.</summary>
    internal void WaitUntil(TimeSpan to)
    {
        Now = to;
        _engine.Advance(Now);
    }

    /// <summary>Waits until the engine gives up or has nothing to wait for.</summary>
    /// <returns>What it sent meanwhile, and when, in seconds.</returns>
    internal (double At, Segment Segment)[] WaitOut()
    {
        var sent = new List<(double, Segment)>();
        while (_engine.NextDue is not null)
        {
            Wait();
            sent.AddRange(Sent().Select(segment => (Now.TotalSeconds, segment)));
        }

        return [.. sent];
    }
}
