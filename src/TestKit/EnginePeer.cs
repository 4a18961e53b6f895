using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.TestKit;

/// <summary>One line of the simulated network, its wire, and what the peer at its end does.</summary>
internal sealed class EnginePeer : IWorldPeer
{
    private const int ActsMax = 60;
    private readonly SeededRandom _random;
    private readonly SeededTrace _trace;
    private readonly EngineTarget _target;
    private readonly SimulatedLine _line;
    private readonly int _sends;
    private readonly bool _finishes;
    private readonly bool _isBad;
    private readonly List<Action> _choices = [];
    private readonly Queue<byte[]> _ordinary = new();
    private int _acts = ActsMax;
    private long _said;
    private long _has;
    private bool _wasReset;
    private bool _hasLingered;
    private bool _isCalm;
    private TimeSpan _restsUntil;

    /// <summary>Makes a line.</summary>
    /// <param name="number">Its host's.</param>
    /// <param name="wire">What the wire is, and what it does.</param>
    /// <param name="random">What the peer does.</param>
    /// <param name="trace">Hears of it.</param>
    /// <param name="target">Whose line it is.</param>
    /// <param name="network">What it is part of.</param>
    public EnginePeer(
        int number, SeededRandom wire, SeededRandom random, SeededTrace trace, EngineTarget target,
        SimulatedNetwork network)
    {
        Number = number;
        _random = random;
        _trace = trace;
        _target = target;
        _sends = wire.Below(6000);
        _finishes = wire.Percent(50);
        _isBad = wire.Percent(50);
        WireFaults faults = DrawFaults(wire);
        TcpEngineSettings ours = DrawSettings(wire);
        _line = network.Connect(new SimulatedLinePlan
        {
            Faults = faults,
            Ours = ours,
            Theirs = DrawSettings(wire) with { Timestamps = ours.Timestamps },
            Vlan = target.Vlan,
            Luck = new RowChance(wire) { IsArmed = true },
            Capture = target.Capture,
            Number = number,
        });
        _line.Peer.Reader = Take;
        _line.Ordinary = segment => _ordinary.Enqueue(segment.ToArray());
        trace.Write(
            $"line {number}: loss {faults.Loss}, twice {faults.Duplication}, bits {faults.Corruption}, disorder {
                faults.Reordering}, windows {ours.ReceiveBytesMax}");
    }

    /// <inheritdoc/>
    public int Number { get; }

    /// <inheritdoc/>
    public Socket Socket => _line.Socket;

    /// <inheritdoc/>
    /// <remarks>What has arrived is what the peer says; what was acknowledged is what our end has heard.</remarks>
    public long Acknowledged => Math.Min(_line.Peer.Received, _line.Acknowledged);

    /// <inheritdoc/>
    public bool FinAcknowledged => _line.Peer.IsFinished && _line.FinAcknowledged;

    /// <inheritdoc/>
    public long PeerSent => _said;

    /// <inheritdoc/>
    public bool PeerFinished { get; private set; }

    /// <inheritdoc/>
    public long Read => _said;

    /// <inheritdoc/>
    public bool IsReset => _wasReset || _line.Failure is not null || IsSilent
        || _line.State is TcpConnectionState.Closed or TcpConnectionState.TimeWait;

    /// <inheritdoc/>
    public bool IsSilent => _line.Peer.State == TcpConnectionState.Closed;

    /// <inheritdoc/>
    public bool IsLost => _target.IsGone;

    /// <inheritdoc/>
    public bool IsLetGo => false;

    /// <inheritdoc/>
    public bool IsRefused => _target.IsGone || _target.Refuses || IsReset;

    /// <inheritdoc/>
    /// <remarks>From TIME_WAIT on, where there is nothing more to do for an adapter (TMR-07).</remarks>
    public bool IsWished => _hasLingered || _line.State == TcpConnectionState.TimeWait;

    /// <inheritdoc/>
    public bool HasMore => !IsReset && (_said < _sends || (_finishes && !PeerFinished));

    /// <inheritdoc/>
    public string? Broken { get; private set; }

    /// <inheritdoc/>
    public bool IsLeaving
    {
        set => _line.IsLeaving = value;
    }

    /// <inheritdoc/>
    public byte[]? TakeSegment() => _ordinary.TryDequeue(out byte[]? segment) ? segment : null;

    /// <inheritdoc/>
    public void Process(byte[] segment) => _line.Take(segment);

    /// <summary>Whether it may do something by itself.</summary>
    public bool CanAct
    {
        get
        {
            Gather();
            return _choices.Count > 0;
        }
    }

    /// <summary>Whether the peer has all that was sent to it, or never will.</summary>
    public bool IsQuiet => IsReset || IsLost
        || (_has >= _line.Sent && (!_line.FinSent || _line.Peer.IsFinished));

    /// <inheritdoc/>
    public StreamSeams Seams { get; } = new();

    /// <inheritdoc/>
    public byte Outgoing(long at) => Mixed(Seams.IndexOf(at), Number + 1);

    /// <inheritdoc/>
    public byte Incoming(long at) => Mixed(at, Number + 101);

    /// <summary>Does one thing.</summary>
    public void Act()
    {
        Gather();
        _acts--;
        _choices[_random.Below(_choices.Count)]();
        // What it does next meets a later moment of the connection.
        if (!_isCalm && _random.Percent(60))
            _restsUntil = _target.WakeIn(TimeSpan.FromMilliseconds(_random.Between(1, 150)));
    }

    /// <summary>No trouble any more: the wire loses nothing, and the peer reads and answers.</summary>
    public void CalmDown()
    {
        _isCalm = true;
        _restsUntil = default;
        _line.Wire.Faults = WireFaults.None;
        _line.Peer.IsMute = false;
        _line.Peer.Reader = Take;
    }

    /// <inheritdoc/>
    public string? Objection(OffloadBlock block)
    {
        StreamPositions positions = block.Positions;
        bool lawful = positions.Acknowledged <= _line.Acknowledged && positions.Accepted == _line.Sent
            && positions.Received <= _said && block.FinSent == _line.FinSent;
        return lawful ? null : FormattableString.Invariant(
            $"{_line.Acknowledged}, {_line.Sent}, at most {_said}, FIN {_line.FinSent}");
    }

    /// <inheritdoc/>
    /// <remarks>The adapter writes nothing down, but the bytes tell where they belong. The next place comes
    /// first.</remarks>
    public (long Offset, int Count) PlaceOf(TargetRecord record, byte[] memory, int bytes, List<bool> received)
    {
        ReadOnlySpan<byte> data = memory.AsSpan(0, bytes);
        if (StandsAt(received.Count, data))
            return (received.Count, bytes);
        for (int at = received.IndexOf(false); at >= 0 && at < received.Count; at++)
            if (!received[at] && StandsAt(at, data))
                return (at, bytes);
        for (long at = received.Count + 1; at + bytes <= _said; at++)
            if (StandsAt(at, data))
                return (at, bytes);
        return (received.Count, bytes);     // nowhere: the bytes themselves will be complained of
    }

    /// <summary>Everything is over, also on the wire.</summary>
    public void CheckEnd()
    {
        if (!IsQuiet)
            Note($"has {_has} of the {_line.Sent} bytes that were sent, FIN {_line.Peer.IsFinished}");
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();

    private static WireFaults DrawFaults(SeededRandom wire) => new()
    {
        Delay = TimeSpan.FromMilliseconds(wire.Between(1, 40)),
        Jitter = TimeSpan.FromMilliseconds(wire.Percent(50) ? wire.Between(1, 20) : 0),
        Loss = wire.Percent(60) ? wire.Between(1, 120) / 1000.0 : 0,
        Duplication = wire.Percent(40) ? wire.Between(1, 80) / 1000.0 : 0,
        Corruption = wire.Percent(40) ? wire.Between(1, 50) / 1000.0 : 0,
        Reordering = wire.Percent(50) ? wire.Between(1, 200) / 1000.0 : 0,
        Options = wire.Percent(20) ? wire.Between(1, 200) / 1000.0 : 0,
    };

    private static TcpEngineSettings DrawSettings(SeededRandom wire) => new()
    {
        SegmentBytesMax = 1460 - wire.Below(1361),
        ReceiveBytesMax = wire.Percent(50) ? wire.Between(500, 5_000) : 65_535,
        RetransmitMax = TimeSpan.FromSeconds(4),
        RetransmissionsMax = 12 - wire.Below(8),
        AckFrequency = 2 - wire.Below(2),
        FinWait2 = TimeSpan.FromSeconds(20),
        TimeWait = TimeSpan.FromSeconds(4),
        Nagle = wire.Percent(20),
        Timestamps = wire.Percent(30),
        KeepAlive = wire.Percent(10),
        KeepAliveTimeout = TimeSpan.FromSeconds(3),
        KeepAliveProbesMax = 4,
    };

    private static byte Mixed(long at, int stream)
    {
        uint value = (uint)((at * 37) + stream) * 0x9E3779B1;
        value ^= value >> 15;
        value *= 0x85EBCA77;
        return (byte)(value >> 24);
    }

    private bool StandsAt(long at, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
            if (data[i] != Incoming(at + i))
                return false;
        return true;
    }

    private void Gather()
    {
        _choices.Clear();
        SimulatedPeer peer = _line.Peer;
        _hasLingered |= _line.State == TcpConnectionState.TimeWait;
        if (IsReset || _target.Now < _restsUntil)
            return;
        // What it has to say it says, however much else it has done.
        if (_said < _sends)
            _choices.Add(Say);
        else if (_finishes && !PeerFinished)
            _choices.Add(Finish);
        if (_isCalm || _acts <= 0 || !_isBad)
            return;
        _choices.Add(peer.Reader is null ? ReadOn : StopReading);
        _choices.Add(peer.IsMute ? Speak : FallSilent);
        if (_acts % 8 == 1)
            _choices.Add(Reset);
    }

    private void Say()
    {
        var data = new byte[Math.Min(_random.UpTo(1200), _sends - _said)];
        for (int i = 0; i < data.Length; i++)
            data[i] = Incoming(_said + i);
        _said += data.Length;
        _trace.Write($"peer {Number}: sends {data.Length}");
        _line.Peer.Send(data);
    }

    private void Finish()
    {
        _trace.Write($"peer {Number}: closes");
        PeerFinished = true;
        _line.Peer.Finish();
    }

    private void StopReading()
    {
        _trace.Write($"peer {Number}: stops reading");
        _line.Peer.Reader = null;
    }

    private void ReadOn()
    {
        _trace.Write($"peer {Number}: reads on");
        _line.Peer.Reader = Take;
    }

    private void FallSilent()
    {
        _trace.Write($"peer {Number}: falls silent");
        _line.Peer.IsMute = true;
    }

    private void Speak()
    {
        _trace.Write($"peer {Number}: speaks again");
        _line.Peer.IsMute = false;
    }

    private void Reset()
    {
        if (!_random.Percent(30))
            return;
        _trace.Write($"peer {Number}: resets");
        _wasReset = true;
        _line.Peer.Reset();
    }

    /// <summary>The peer reads: exactly what was sent, and nothing twice.</summary>
    private void Take(ReadOnlyMemory<byte> data)
    {
        foreach (byte got in data.Span)
        {
            if (got != Outgoing(_has))
                Note($"wrong byte at {_has}");
            _has++;
        }
    }

    private void Note(string wrong) => Broken ??= $"peer {Number}: {wrong}";
}
