using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>The other end of a <see cref="SimulatedLine"/>: a second engine, and what a bad peer does on top.</summary>
/// <remarks>Everything it is asked happens at the network's present time; what follows goes over the wire when the
/// network is driven on. Readers are called by the driver.</remarks>
internal sealed class SimulatedPeer
{
    private readonly SimulatedNetwork _network;
    private readonly SimulatedWire _wire;
    private readonly TcpEngine _engine;
    private readonly SeqNumber _first;
    private readonly SeqNumber _expected;
    private readonly byte[] _scratch = new byte[16_384];
    private Action<ReadOnlyMemory<byte>>? _reader;
    private bool _finished;
    private bool _reading;

    internal SimulatedPeer(
        SimulatedNetwork network, SimulatedWire wire, DelegatedState start, TcpEngineSettings settings)
    {
        _network = network;
        _wire = wire;
        _first = start.SndUna;
        _expected = start.RcvNxt;
        _engine = new TcpEngine(start, settings, wire.Now);
        wire.Right.Arrived = OnArrived;
    }

    /// <summary>What its network puts around its packets; null for nothing.</summary>
    internal FrameHeader? Frame { get; init; }

    /// <summary>State of its end.</summary>
    internal TcpConnectionState State => _engine.State;

    /// <summary>Bytes that arrived in order, read or not.</summary>
    internal long Received => _engine.BytesReceived;

    /// <summary>Bytes that arrived in order and were not read.</summary>
    internal long Readable => _engine.Readable;

    /// <summary>Bytes given to <see cref="Send"/>.</summary>
    internal long Sent => _engine.Queued;

    /// <summary>Bytes of it that our end has acknowledged.</summary>
    internal long Acknowledged => _engine.Acknowledged;

    /// <summary>Whether our FIN arrived, and everything before it.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>Whether our RST arrived.</summary>
    internal bool IsReset { get; private set; }

    /// <summary>Whether it has given us up because nothing was answered for too long.</summary>
    internal bool IsTimedOut { get; private set; }

    /// <summary>While true nothing it says reaches the wire: no data, no acknowledgement. It goes on by its own
    /// retransmissions, and by its answers to ours.</summary>
    internal bool IsMute { get; set; }

    /// <summary>Reads at once whatever arrives; null stops the reading, and then the window closes. At first
    /// null.</summary>
    internal Action<ReadOnlyMemory<byte>>? Reader
    {
        get => _reader;
        set
        {
            Do(() =>
            {
                _reader = value;
                ReadAll();
            });
        }
    }

    internal TimeSpan? NextDue => _engine.NextDue;

    /// <summary>Sends bytes; they must not change any more.</summary>
    internal void Send(ReadOnlyMemory<byte> data) => Do(() => _engine.Send(data, push: true, _wire.Now));

    /// <summary>Reads what has arrived.</summary>
    /// <returns>How much; 0 if there is nothing now.</returns>
    internal int Read(Span<byte> into)
    {
        lock (_network.Driving)
        {
            int length = _engine.Read(into, _wire.Now);
            Do(static () => { });   // the room may let the other end go on
            return length;
        }
    }

    /// <summary>Closes its half: FIN behind everything sent.</summary>
    internal void Finish() => Do(() =>
    {
        _finished = true;
        _engine.Finish(_wire.Now);
    });

    /// <summary>Resets the connection.</summary>
    internal void Reset() => Do(() => _engine.Abort(_wire.Now));

    /// <summary>Puts a segment on the wire that its own TCP knows nothing of: out of window, old, or a lie.</summary>
    /// <param name="offset">Where in its stream the segment says to be; may lie anywhere.</param>
    /// <param name="data">Its payload.</param>
    /// <param name="flags">Its control bits; ACK is added.</param>
    /// <param name="window">The room it says to have.</param>
    /// <param name="form">In what packet it travels.</param>
    /// <param name="vlan">On which VLAN; null for where its own packets are.</param>
    internal void Forge(
        long offset, ReadOnlyMemory<byte> data, SegmentFlags flags = SegmentFlags.None, int window = 65_535,
        PacketForm form = PacketForm.Plain, int? vlan = null) =>
        Do(() =>
        {
            SeqNumber ack = _expected + (_engine.BytesReceived + (IsFinished ? 1 : 0));
            Segment segment = new Segment(_first + offset, ack, flags | SegmentFlags.Ack, window, data).Sealed();
            _wire.Right.Send(segment with { Form = form, Frame = vlan is { } id ? FrameHeader.OnVlan(id) : Frame });
        });

    /// <summary>Does what is due by the wire's time.</summary>
    internal void Tick()
    {
        if (_engine.NextDue <= _wire.Now)
            _engine.Advance(_wire.Now);
        Flush();
    }

    public override string ToString() =>
        $"{State}: sent {Sent}, acknowledged {Acknowledged}, received {Received}, unread {Readable}"
        + $"{(_finished ? ", finished" : "")}{(IsReset ? ", reset" : "")}{(IsTimedOut ? ", timed out" : "")}";

    private void Do(Action what)
    {
        lock (_network.Driving)
        {
            what();
            Flush();
        }

        _network.Wake();    // a driver that sleeps must hear that something is on its way
    }

    private void OnArrived(Segment segment)
    {
        _engine.OnSegment(segment, _wire.Now);
        Flush();
    }

    private void ReadAll()
    {
        if (_reading)
            return;     // a reader that sends; the loop below is still running
        _reading = true;
        while (_reader is { } reader && _engine.Read(_scratch, _wire.Now) is > 0 and int length)
            reader(_scratch.AsMemory(0, length));
        _reading = false;
    }

    /// <summary>Passes on what the engine has to say, and reads.</summary>
    private void Flush()
    {
        bool heard = true;
        while (heard)
        {
            while (_engine.TryTakeSegment(out Segment segment))
            {
                if (!IsMute)
                    _wire.Right.Send(Frame is null ? segment : segment with { Frame = Frame });
            }

            heard = _engine.TryTakeEvent(out TcpEvent happened);
            if (!heard)
                continue;
            IsFinished |= happened.Kind == TcpEventKind.PeerFinished;
            IsReset |= happened.Kind == TcpEventKind.Reset;
            IsTimedOut |= happened.Kind == TcpEventKind.TimedOut;
            if (happened.Kind == TcpEventKind.Received)
                ReadAll();
        }
    }
}
