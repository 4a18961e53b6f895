using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>An engine and a user who writes and reads by a script from a seed, and checks what must always hold.
/// </summary>
internal sealed class Station
{
    private readonly SimulatedWire _wire;
    private readonly WireEnd _end;
    private readonly TcpEngineSettings _settings;
    private readonly SeededChance _chance;
    private readonly Trace _trace;
    private readonly long _total;
    private readonly byte[] _scratch = new byte[8_192];
    private WiredEngine _wired;
    private long _sendBase;         // what earlier engines of this station had acknowledged
    private long _receiveBase;
    private long _written;
    private long _read;
    private bool _finished;

    internal Station(
        SimulatedWire wire, WireEnd end, StationPlan plan, DelegatedState start, Trace trace)
    {
        _wire = wire;
        _end = end;
        _settings = plan.Settings;
        _chance = new SeededChance(plan.Seed);
        _total = plan.Total;
        Plan = plan;
        _trace = trace;
        _wired = Plug(start);
    }

    internal StationPlan Plan { get; }

    /// <summary>Set once, before time begins.</summary>
    internal Station Peer { get; set; } = null!;

    internal WiredEngine Wired => _wired;

    internal TimeSpan? NextAct { get; private set; } = TimeSpan.Zero;

    internal long Received => _receiveBase + _wired.Engine.BytesReceived;

    internal long Acknowledged => _sendBase + _wired.Engine.Acknowledged;

    internal long Read => _read;

    internal long Total => _total;

    internal bool FinAcknowledged { get; private set; }

    internal bool PeerFinished { get; private set; }

    internal bool IsAborted { get; private set; }

    internal TcpEventKind? Ended { get; private set; }

    internal TimeSpan? EndedAt { get; private set; }

    /// <summary>Stream offsets behind each write; of the last engine alone if the connection has moved.</summary>
    internal List<long> Writes { get; } = [];

    public override string ToString() =>
        $"{_wired.Engine.State} ended {Ended} written {_written}/{_total} sent {_sendBase + _wired.Engine.Sent} "
        + $"acknowledged {Acknowledged} received {Received} read {_read} due {_wired.Engine.NextDue}";

    internal bool IsOver => _wired.Engine.State == TcpConnectionState.Closed;

    /// <summary>Does the next thing of the script.</summary>
    internal void Act()
    {
        TimeSpan now = _wire.Now;
        NextAct = now + TimeSpan.FromMilliseconds(1 + (Draw() * Plan.PauseMsMax));
        ReadSome(now, all: false);
        if (Plan.AbortAfter is { } after && _written + _read >= after && !IsOver)
        {
            IsAborted = true;
            _wired.Engine.Abort(now);
        }
        else if (!IsOver && _chance.Hits(Plan.MoveRate, out _))
        {
            Move(now);
        }
        else
        {
            Write(now);
        }

        _wired.Flush();
        if ((IsOver || _finished) && _wired.Engine.Readable == 0)
            NextAct = null;     // until something arrives
    }

    private WiredEngine Plug(DelegatedState start) =>
        new(new TcpEngine(start, _settings, _wire.Now), _wire, _end, Heard);

    private void Write(TimeSpan now)
    {
        TcpEngine engine = _wired.Engine;
        if (_written < _total && engine.Queued - engine.Acknowledged < 65_536)
        {
            int length = (int)Math.Min(_total - _written, 1 + (long)(Draw() * Plan.WriteBytesMax));
            byte[] data = Pattern.Bytes(_written, length);
            Writes.Add(_written += length);
            engine.Send(data, push: true, now);
        }

        if (_written == _total && !_finished)
        {
            _finished = true;
            engine.Finish(now);
        }
    }

    private void ReadSome(TimeSpan now, bool all)
    {
        int most = all ? _scratch.Length : (int)(Draw() * Plan.ReadBytesMax);
        while (_wired.Engine.Read(_scratch.AsSpan(0, Math.Min(most, _scratch.Length)), now) is > 0 and int length)
        {
            Pattern.Check(_scratch.AsSpan(0, length), _read);
            _read += length;
            if (!all)
                break;
        }
    }

    /// <summary>Uploads the connection and offloads it again: a new engine goes on where the old one left.</summary>
    private void Move(TimeSpan now)
    {
        ReadSome(now, all: true);
        TcpEngine old = _wired.Engine;
        long sent = _sendBase + old.Sent;
        DelegatedState left = old.Leave(now);
        _wired.Flush();
        _sendBase += old.Acknowledged;
        _receiveBase += old.BytesReceived;
        _wired = Plug(left);
        if (_written > sent)
            _wired.Engine.Send(Pattern.Bytes(sent, (int)(_written - sent)), push: true, now);
        if (_finished)
            _wired.Engine.Finish(now);
    }

    private void Heard(TcpEvent happened)
    {
        _trace.Add(_wire.Now.Ticks);
        _trace.Add((int)happened.Kind);
        _trace.Add(happened.Through);
        Ended.ShouldBeNull("nothing happens after the end");
        IsAborted.ShouldBeFalse("nothing happens after an abort");
        switch (happened.Kind)
        {
            case TcpEventKind.Acknowledged:
                (_sendBase + happened.Through).ShouldBeLessThanOrEqualTo(Peer.Received);
                break;
            case TcpEventKind.FinAcknowledged:
                FinAcknowledged.ShouldBeFalse();
                FinAcknowledged = true;
                Acknowledged.ShouldBe(_total);
                Peer.PeerFinished.ShouldBeTrue();
                break;
            case TcpEventKind.PeerFinished:
                PeerFinished.ShouldBeFalse();
                PeerFinished = true;
                Received.ShouldBe(Peer.Total);
                break;
            case TcpEventKind.Received:
                PeerFinished.ShouldBeFalse();
                NextAct ??= _wire.Now + TimeSpan.FromMilliseconds(1);
                break;
            case TcpEventKind.PushExpired:
                Received.ShouldBeGreaterThan(_read - 1);
                break;
            default:
                Ended = happened.Kind;
                EndedAt = _wire.Now;
                break;
        }
    }

    private double Draw()
    {
        _chance.Hits(1, out double drawn);
        return drawn;
    }
}
