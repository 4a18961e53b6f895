using System.Net.Sockets;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Stages;

/// <summary>The other end of a simulated line.</summary>
internal sealed class SeededPeer : StagePeer
{
    private readonly SimulatedLine _line;
    private readonly Action _tick;

    public SeededPeer(int number, SimulatedLine line, Action tick) : base(number)
    {
        _line = line;
        _tick = tick;
        line.Wire.Seen = sighting => Segments.Add(sighting);
    }

    public override Socket Socket => _line.Socket;

    /// <summary>The line, with its wire and both engines.</summary>
    public SimulatedLine Line => _line;

    /// <summary>Every segment, when it was sent and when it came.</summary>
    public List<WireSighting> Segments { get; } = [];

    public override bool Reads
    {
        set
        {
            _tick();
            _line.Peer.Reader = value ? data => Take(data.Span) : null;
        }
    }

    /// <summary>While true nothing it says reaches the wire, no acknowledgement either.</summary>
    public bool IsMute
    {
        set => _line.Peer.IsMute = value;
    }

    /// <summary>What our end has put on the wire.</summary>
    public IEnumerable<WireSighting> Ours =>
        Segments.Where(seen => !seen.IsArrival && ReferenceEquals(seen.End, _line.Wire.Left));

    /// <summary>What has come to our end.</summary>
    public IEnumerable<WireSighting> Arrived =>
        Segments.Where(seen => seen.IsArrival && ReferenceEquals(seen.End, _line.Wire.Left));

    /// <summary>What the peer has put on the wire.</summary>
    public IEnumerable<WireSighting> Theirs =>
        Segments.Where(seen => !seen.IsArrival && ReferenceEquals(seen.End, _line.Wire.Right));

    /// <summary>Notes what has come meanwhile.</summary>
    public void Look()
    {
        if (_line.Peer.IsFinished && !SawFin)
            TakeFin();
        if (_line.Peer.IsReset && !SawReset)
            TakeReset();
    }

    /// <summary>Puts a segment on the wire that its own TCP knows nothing of.</summary>
    public void Forge(
        long offset, byte[] data, SegmentFlags flags, PacketForm form = PacketForm.Plain, int window = 65_535,
        int? vlan = null)
    {
        _tick();
        _line.Peer.Forge(offset, data, flags, window, form, vlan);
    }

    public override void Dispose() => _line.Socket.Dispose();

    protected override void Send(byte[] data)
    {
        _tick();
        _line.Peer.Send(data);
    }

    protected override void SendFin()
    {
        _tick();
        _line.Peer.Finish();
    }

    protected override void SendReset()
    {
        _tick();
        _line.Peer.Reset();
    }
}
