using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>One TCP connection of a <see cref="SimulatedNetwork"/>, over all its offloads: our end, the wire, the
/// peer.</summary>
/// <remarks>
/// The socket is never connected to anything: it is the name by which the stack hands the connection to a target and
/// back, as a user's socket is.
/// <para>While the connection is not offloaded our end is the host's own TCP, an engine too: it says again what the
/// peer has not acknowledged (ADR 0004), it acknowledges and keeps what arrives, up to its window, and reads and sends
/// nothing new. Every initiate and every upload is a hand-over of <see cref="DelegatedState"/> from one engine to the
/// next. Offsets are counted from the beginning of the line, whoever has it.</para>
/// <para>A host that disposes of the socket of a connection it has resets it, unless its FIN was sent.</para>
/// </remarks>
internal sealed partial class SimulatedLine
{
    private readonly SimulatedNetwork _network;
    private TcpEngineSettings _settings;
    private readonly Queue<byte[]> _unread = new();   // read out of earlier engines, and by nobody yet
    private int _unreadStart;
    private WiredEngine _wired;
    private long _sendBase;         // where the present engine's stream begins
    private bool _peerFinished;
    private readonly PacketEnd _here;
    private readonly PacketEnd _there;
    private readonly int _windowScale;      // for windows in real headers
    private bool _hasChanged;
    private bool _isLost;
    private bool _hasPushExpired;
    private SimulatedPath? _path;
    private SimulatedCounts? _counts;       // of the adapter that has it
    private TcpConnectionOffloadParameters? _parameters;    // what the host wanted of it then

    internal SimulatedLine(SimulatedNetwork network, SimulatedLinePlan plan, SeededChance chance)
    {
        _network = network;
        _settings = plan.Ours;
        (Source, Destination) = (plan.Source, plan.Destination);
        Wire = new SimulatedWire(plan.Luck ?? new SeededChance((int)Draw(chance, int.MaxValue)), plan.Faults);
        Wire.Advance(network.Now);
        SeqNumber ours = FirstNumber(chance);
        SeqNumber theirs = FirstNumber(chance);
        DelegatedState start = Start(ours, theirs, plan.Ours, plan.Theirs);
        if (plan.Capture is { } capture)
            _ = new WireCapture(Wire, Wire.Left, start, plan.Ours, capture, plan.Number);
        (_here, _there) = WireCapture.EndsOf(plan.Number);
        while (Math.Max(plan.Ours.ReceiveBytesMax, plan.Theirs.ReceiveBytesMax) >> _windowScale > ushort.MaxValue)
            _windowScale++;
        _wired = Plug(start);
        Peer = new SimulatedPeer(network, Wire, Start(theirs, ours, plan.Theirs, plan.Ours), plan.Theirs)
        {
            Frame = plan.Vlan is { } id ? FrameHeader.OnVlan(id) : null,
        };
    }

    /// <summary>IP address of our end.</summary>
    internal IPAddress Source { get; }

    /// <summary>IP address of the peer.</summary>
    internal IPAddress Destination { get; }

    /// <summary>Room for received data at our end.</summary>
    internal int ReceiveBytesMax => _settings.ReceiveBytesMax;

    /// <summary>The name of the connection for the stack.</summary>
    internal Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp);

    internal SimulatedWire Wire { get; }

    /// <summary>The other end.</summary>
    internal SimulatedPeer Peer { get; }

    /// <summary>Whom it is offloaded to; null while it is the host's.</summary>
    internal SimulatedConnection? Owner { get; private set; }

    /// <summary>The ordinary receive path of the host, which gets bytes from the TCP header on: of packets that a
    /// target leaves to it, and of all while <see cref="IsLeaving"/>. Null where nobody forwards.</summary>
    internal Action<ReadOnlyMemory<byte>>? Ordinary { get; set; }

    /// <summary>Whether the host's TCP stands still, because the connection is on its way to an adapter: what arrives
    /// goes the ordinary way.</summary>
    internal bool IsLeaving { get; set; }

    /// <summary>Packets for the host's network management that came by; a target does nothing with them
    /// (PKT-01).</summary>
    internal int Managed { get; private set; }

    /// <summary>State of our end.</summary>
    internal TcpConnectionState State => _isLost ? TcpConnectionState.Closed : _wired.Engine.State;

    /// <summary>Whether our end is in ESTABLISHED or CLOSE-WAIT.</summary>
    internal bool IsEstablished => !_isLost && _wired.Engine.IsEstablished;

    /// <summary>Bytes that the peer has acknowledged.</summary>
    internal long Acknowledged => _sendBase + _wired.Engine.Acknowledged;

    /// <summary>Bytes that were given to the wire.</summary>
    internal long Sent => _sendBase + _wired.Engine.Sent;

    /// <summary>Whether something was given to be sent that the windows have no room for.</summary>
    internal bool IsFull => _wired.Engine.Sent < _wired.Engine.Queued;

    internal bool FinSent => _wired.Engine.FinSent;

    internal bool FinAcknowledged { get; private set; }

    /// <summary>Whether there is something to read.</summary>
    internal bool HasData => _unread.Count > 0 || _wired.Engine.Readable > 0;

    /// <summary>Whether the peer has finished, and everything before its FIN was read.</summary>
    internal bool IsAtEnd => _peerFinished && !HasData;

    /// <summary>Whether the peer wants delivered at once what has been read, or it has waited for more long enough
    /// (RECV-17).</summary>
    internal bool IsPushed => _hasPushExpired || _wired.Engine.PushedThrough >= _wired.Engine.BytesReceived;

    /// <summary>What the connection died of; null while it lives, and when both sides closed it.</summary>
    internal TcpEventKind? Failure { get; private set; }

    /// <summary>Whether urgent data is here, and the line stands still until the host takes it (PKT-03).</summary>
    internal bool HasUrgent { get; private set; }

    /// <summary>When something happens by itself next; null for never.</summary>
    internal TimeSpan? NextDue => IsAbandoned
        ? Now
        : Earlier(Wire.NextDue, Earlier(_isLost ? null : _wired.Engine.NextDue, Peer.NextDue));

    private bool IsAbandoned =>
        Owner is null && Socket.SafeHandle.IsClosed && !FinSent && State != TcpConnectionState.Closed;

    private TimeSpan Now => Wire.Now;

    /// <summary>Does what is due by now.</summary>
    internal void Tick()
    {
        if (IsAbandoned)
            Abort();

        while (NextDue is { } due && due <= _network.Now)
        {
            Wire.Advance(due);
            TickEnds();
        }

        Wire.Advance(_network.Now);
        if (!_hasChanged)
            return;
        _hasChanged = false;
        if (Owner is not null)
            _network.WantTurn(Owner);
    }

    /// <summary>An adapter takes the connection over.</summary>
    internal void Offload(SimulatedConnection to, SimulatedPath? path)
    {
        IsLeaving = false;
        if (path is not null)
            _settings = _settings with { PathBytesMax = PayloadOf(path) };
        MoveTo(to, path);
    }

    /// <summary>The host takes the connection over.</summary>
    internal void Upload()
    {
        HasUrgent = false;
        MoveTo(null, null);
    }

    /// <summary>The adapter has vanished, and the delegated state with it: nothing answers the peer any more.</summary>
    internal void Lose()
    {
        BelongTo(null, null);
        _isLost = true;
        Wire.Left.Arrived = null;
    }

    /// <summary>Sends behind everything given before; the memory must not change before it is acknowledged.</summary>
    internal void Send(ReadOnlyMemory<byte> data, bool push)
    {
        _wired.Engine.Send(data, push, Now);
        _wired.Flush();
    }

    internal void Finish()
    {
        _wired.Engine.Finish(Now);
        _wired.Flush();
    }

    internal void Abort()
    {
        bool wasEstablished = _wired.Engine.IsEstablished;
        _wired.Engine.Abort(Now);
        if (wasEstablished)
            _counts?.CountReset();
        _wired.Flush();
    }

    /// <summary>Gives a segment that came the ordinary way to whoever has the connection now (FWD-10). What is no
    /// segment is dropped, like what the wire has broken.</summary>
    internal void Take(NetBuffer segment)
    {
        var bytes = new byte[segment.DataLength];
        for (int at = 0; at < bytes.Length;)
        {
            Span<byte> piece = segment.PieceAt(at).Span;
            piece.CopyTo(bytes.AsSpan(at));
            at += piece.Length;
        }

        Take(bytes);
    }

    /// <summary>The same, from the host itself.</summary>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        if (!_isLost && TcpBytes.Parse(bytes, _windowScale) is { } segment)
            _wired.Take(Owner is null ? InLine(segment) : segment);
    }

    /// <summary>The state as it is now, what was read out of earlier engines counted as waiting too.</summary>
    internal TcpOffloadState Query()
    {
        TcpOffloadState state = _wired.Engine.Query(Now);
        long waiting = _wired.Engine.Readable + _unread.Sum(piece => piece.Length) - _unreadStart;
        return state with { Delegated = state.Delegated with { ReceiveBacklogSize = (uint)waiting } };
    }

    /// <summary>New values of the host, for whoever has the connection.</summary>
    internal void Update(TcpOffloadStateCached change)
    {
        _settings = _settings.With(change);
        _wired.Engine.Update(change, Now);
        _wired.Flush();
    }

    /// <summary>The path has a new size of packets, for whoever has the connection.</summary>
    internal void UsePath(SimulatedPath path)
    {
        _settings = _settings with { PathBytesMax = PayloadOf(path) };
        _wired.Engine.UsePath(_settings.PathBytesMax, Now);
        _wired.Flush();
    }

    /// <summary>Nothing is sent until somebody else takes the connection over.</summary>
    internal void Invalidate() => _wired.Engine.Invalidate();

    /// <summary>Takes received bytes, in order.</summary>
    /// <returns>How many; 0 if there are none now.</returns>
    internal int Read(Span<byte> into)
    {
        if (_unread.TryPeek(out byte[]? first))
        {
            int length = Math.Min(into.Length, first.Length - _unreadStart);
            first.AsSpan(_unreadStart, length).CopyTo(into);
            _unreadStart += length;
            if (_unreadStart == first.Length)
            {
                _unread.Dequeue();
                _unreadStart = 0;
            }

            return length;
        }

        int read = _wired.Engine.Read(into, Now);
        _wired.Flush();
        return read;
    }

    /// <summary>A request is filled in part: the push timer runs (DLV-10).</summary>
    internal void AwaitPush() => _wired.Engine.StartPushTimer(Now);

    /// <summary>A request was completed: it runs no more (DLV-07).</summary>
    internal void EndPush()
    {
        _hasPushExpired = false;
        _wired.Engine.StopPushTimer();
    }

    /// <summary>Hands the state over to a fresh engine. What was read by nobody comes along; a dead connection stays
    /// where it is, so that who aborted it goes on answering with RST.</summary>
    private void MoveTo(SimulatedConnection? owner, SimulatedPath? path)
    {
        _hasPushExpired = false;
        TcpEngine old = _wired.Engine;
        bool isOver = old.State == TcpConnectionState.Closed;
        DelegatedState left = isOver ? new DelegatedState() : old.Leave(Now);
        _wired.Flush();     // the last word of who had it
        BelongTo(owner, path);
        if (isOver)
            return;
        if (old.Readable > 0)
        {
            var unread = new byte[old.Readable];
            old.Read(unread, Now);
            _unread.Enqueue(unread);
        }

        _sendBase += old.Acknowledged;
        _wired = Plug(left);
        if (Owner is not null)
            return;
        // The host takes urgent data in line, and what the adapter had left to it first.
        Action<Segment> arrived = Wire.Left.Arrived!;
        Wire.Left.Arrived = segment => arrived(InLine(segment));
        while (old.TryTakePassedUp(out Segment segment))
            Wire.Left.Deliver(segment);
    }

    private void BelongTo(SimulatedConnection? owner, SimulatedPath? path)
    {
        Owner = owner;
        _path = path;
        _counts = owner?.Counts;
        _parameters = owner?.Parameters;
    }

    private static int PayloadOf(SimulatedPath path) =>
        path.PathMtu - HeaderBytesOf(path.Const.SourceAddress.AddressFamily);

    /// <summary>Bytes of the headers of IP and TCP, without options.</summary>
    internal static int HeaderBytesOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? 60 : 40;

    private void OnEvent(TcpEvent happened)
    {
        _hasChanged = true;
        switch (happened.Kind)
        {
            case TcpEventKind.Acknowledged or TcpEventKind.Received: _path?.Neighbor.Confirm(); break;
            case TcpEventKind.FinAcknowledged: FinAcknowledged = true; break;
            case TcpEventKind.PeerFinished: _peerFinished = true; break;
            case TcpEventKind.UrgentReceived: HasUrgent = true; break;
            case TcpEventKind.PushExpired: _hasPushExpired = true; break;
            case TcpEventKind.Reset or TcpEventKind.TimedOut or TcpEventKind.FinWait2Expired
                or TcpEventKind.SynReceived:
                Failure = happened.Kind;
                if (_wired.Engine.EndedEstablished)
                    _counts?.CountReset();
                break;
        }
    }

    private void TickEnds()
    {
        if (!_isLost)
            _wired.Tick();
        Peer.Tick();
    }

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private static DelegatedState Start(
        SeqNumber ours, SeqNumber theirs, TcpEngineSettings us, TcpEngineSettings them) =>
        new()
        {
            SndUna = ours,
            RcvNxt = theirs,
            SndWnd = them.ReceiveBytesMax,
            MaxSndWnd = them.ReceiveBytesMax,
            RcvWnd = us.ReceiveBytesMax,
        };

    /// <summary>Near the end of the sequence space, so that most streams pass the wrap.</summary>
    private static SeqNumber FirstNumber(SeededChance chance) => new(uint.MaxValue - (uint)Draw(chance, 40_000));

    private static double Draw(SeededChance chance, double below)
    {
        chance.Hits(1, out double drawn);
        return drawn * below;
    }
}
