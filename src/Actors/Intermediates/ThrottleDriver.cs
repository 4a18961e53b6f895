using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>What a throttle lets through. Downward alone: what comes up is the peers' and the target's.</summary>
public sealed record ThrottleSettings
{
    /// <summary>Bytes of sends and graceful disconnects a second; 0 for no limit. Up to 2^40.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Sends, receives and disconnects a second, each list of a chain counted; 0 for no limit. Up to 10^9.
    /// </summary>
    public long RequestsPerSecond { get; init; }

    /// <summary>How much of the time that was not used may be made up for at once. 0 to 1 min.</summary>
    public TimeSpan Burst { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Answers itself if every value is lawful.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    internal ThrottleSettings Checked()
    {
        Within(BytesPerSecond, 1L << 40, nameof(BytesPerSecond));
        Within(RequestsPerSecond, 1_000_000_000, nameof(RequestsPerSecond));
        if (Burst < TimeSpan.Zero || Burst > TimeSpan.FromMinutes(1))
            throw new ArgumentOutOfRangeException(nameof(Burst), Burst, "0 to 1 min.");
        return this;
    }

    private static void Within(long value, long max, string name)
    {
        if (value < 0 || value > max)
            throw new ArgumentOutOfRangeException(name, value, $"0 to {max}.");
    }
}

/// <summary>Lets so many bytes and requests a second go down, and shares them fairly between connections.</summary>
/// <remarks>
/// What has to wait is held, in the order of its connection; among connections the one is next that has had the least.
/// A disconnect that closes the stream waits behind its sends; what ends a connection without them, an abortive
/// disconnect, an invalidate or a terminate, goes at once, and everything before it too: nothing is left behind, and
/// nobody waits for a rate.
/// </remarks>
public sealed class ThrottleDriver : IntermediateDriver
{
    private static readonly object Tick = new();
    private readonly Dictionary<OffloadHandle, ThrottleLane> _lanes = [];
    private readonly PriorityQueue<ThrottleLane, long> _waiting = new();
    private readonly ThrottleRate _bytes;
    private readonly ThrottleRate _requests;
    private long _start;
    private long _virtual;      // how far the fair share of everybody has come
    private bool _isTicking;

    /// <summary>A throttle; one for each life of the driver.</summary>
    /// <param name="settings">What it lets through.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    public ThrottleDriver(ThrottleSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Checked();
        _bytes = new ThrottleRate(settings.BytesPerSecond, settings.Burst);
        _requests = new ThrottleRate(settings.RequestsPerSecond, settings.Burst);
    }

    /// <inheritdoc/>
    protected internal override void OnRequest(OffloadRequest request)
    {
        switch (request)
        {
            case InitiateOffload:
                PassDown(request);
                break;
            case TerminateOffload or InvalidateOffload:
                foreach (OffloadBlock block in BlockTree.ConnectionsOf((OffloadBlock)request.Flight.Head))
                    LetAllGo(block.Connection);
                PassDown(request);
                break;
            case TcpOffloadDisconnect { Kind: DisconnectKind.Abortive }:
                LetAllGo(request.Connection);
                PassDown(request);
                break;
            default:
                PassOrHold(request);
                break;
        }
    }

    /// <summary>What an aborted connection still has here is refused below, and need not wait for that.</summary>
    protected internal override void OnIndication(OffloadIndication indication)
    {
        if (indication is TcpOffloadEvent { Type: TcpOffloadEventType.Abort })
            LetAllGo(indication.Connection);
    }

    /// <inheritdoc/>
    protected internal override void OnTimer(object key)
    {
        _isTicking = false;
        long now = Now();
        while (_waiting.Count > 0 && MayPass(now))
        {
            ThrottleLane lane = _waiting.Dequeue();
            if (!lane.IsWaiting)
                continue;       // it was let go meanwhile
            _virtual = Math.Max(_virtual, lane.Turn);
            Pass(lane, lane.Take(), now);
            if (lane.IsWaiting)
                _waiting.Enqueue(lane, lane.Turn);
        }
        ForgetIdle();
        TickLater(now);
    }

    private void PassOrHold(OffloadRequest request)
    {
        long now = Now();
        if (!_lanes.TryGetValue(request.Connection, out ThrottleLane? lane))
            _lanes.Add(request.Connection, lane = new ThrottleLane());
        if (!lane.IsWaiting && _waiting.Count == 0 && MayPass(now))
        {
            lane.Turn = Math.Max(lane.Turn, _virtual);
            _virtual = lane.Turn;
            Pass(lane, request, now);
            return;
        }
        Hold(request);
        bool isNew = !lane.IsWaiting;
        lane.Add(request);
        if (isNew)
        {
            lane.Turn = Math.Max(lane.Turn, _virtual);
            _waiting.Enqueue(lane, lane.Turn);
        }
        TickLater(now);
    }

    private void Pass(ThrottleLane lane, OffloadRequest request, long now)
    {
        (long bytes, long requests) = CostOf(request);
        lane.Turn += _bytes.Take(bytes, now) + _requests.Take(requests, now);
        PassDown(request);
    }

    private void LetAllGo(OffloadHandle connection)
    {
        if (!_lanes.Remove(connection, out ThrottleLane? lane))
            return;
        long now = Now();
        while (lane.IsWaiting)
            Pass(lane, lane.Take(), now);
    }

    private bool MayPass(long now) => Math.Max(_bytes.Opens, _requests.Opens) <= now;

    private void TickLater(long now)
    {
        if (_isTicking || _waiting.Count == 0)
            return;
        _isTicking = true;
        StartTimer(Tick, TimeSpan.FromTicks(Math.Max(1, Math.Max(_bytes.Opens, _requests.Opens) - now)));
    }

    /// <summary>Who has had no more than everybody need not be remembered.</summary>
    private void ForgetIdle()
    {
        if (_lanes.Count < 64 + (2 * _waiting.Count))
            return;
        foreach ((OffloadHandle connection, ThrottleLane lane) in _lanes)
            if (!lane.IsWaiting && lane.Turn <= _virtual)
                _lanes.Remove(connection);
    }

    private long Now()
    {
        if (_start == 0)
            _start = Clock.GetTimestamp() | 1;
        return Clock.GetElapsedTime(_start).Ticks;
    }

    private static (long Bytes, long Requests) CostOf(OffloadRequest request)
    {
        if (request is not (TcpOffloadSend or TcpOffloadReceive or TcpOffloadDisconnect))
            return default;     // a query or update waits for its turn, and costs nothing
        long bytes = 0;
        if (request is not TcpOffloadReceive)
            for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
                bytes += ((NetBufferList)parcel).DataLength;
        return (bytes, request.Flight.Count);
    }
}

/// <summary>What one connection has waiting, and how much it has had.</summary>
internal sealed class ThrottleLane
{
    private readonly Queue<OffloadRequest> _requests = new();

    /// <summary>When it is its turn, in the time that everybody has had.</summary>
    public long Turn { get; set; }

    public bool IsWaiting => _requests.Count > 0;

    public void Add(OffloadRequest request) => _requests.Enqueue(request);

    public OffloadRequest Take() => _requests.Dequeue();
}

/// <summary>A rate as a point in time: everything up to there is used up, and it opens again a burst before.</summary>
internal sealed class ThrottleRate(long perSecond, TimeSpan burst)
{
    private long _usedThrough;

    /// <summary>When something may pass, in ticks; what passes may be larger than a burst, and is paid for
    /// afterwards.</summary>
    public long Opens => perSecond == 0 ? 0 : _usedThrough - burst.Ticks;

    /// <summary>Uses some of it, now.</summary>
    /// <returns>The time that it takes.</returns>
    public long Take(long count, long now)
    {
        if (perSecond == 0 || count == 0)
            return 0;
        long cost = (long)(count * (double)TimeSpan.TicksPerSecond / perSecond);
        _usedThrough = Math.Max(_usedThrough, now) + cost;
        return cost;
    }
}
