using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What passes our end of the wire: by which way it goes, what is around it, and who counts it.</summary>
internal sealed partial class SimulatedLine
{
    private WiredEngine Plug(DelegatedState start)
    {
        TcpEngineSettings settings = _parameters is null ? _settings : _settings.With(_parameters);
        var wired = new WiredEngine(new TcpEngine(start, settings, Now), Wire, Wire.Left, OnEvent)
        {
            Framing = Frame,
        };
        Action<Segment> arrived = Wire.Left.Arrived!;
        Wire.Left.Arrived = segment =>
        {
            if (segment.Form == PacketForm.Management)
                Managed++;
            else if (_path is { } path && !path.Neighbor.Accepts(segment.Frame))
                return;     // of another network
            else if (Ordinary is { } ordinary && (IsLeaving || (Owner is not null && IsForHost(segment))))
                Pass(segment, ordinary);
            else
                Count(wired.Engine, arrived, segment);
        };
        return wired;
    }

    /// <summary>Whether a target leaves it to the host (PKT-02, EVT-25).</summary>
    private bool IsForHost(in Segment segment) =>
        segment.Form != PacketForm.Plain || _wired.Engine.LeavesAllToHost;

    /// <summary>A bad segment is dropped and counted; without any path it is the host's, which drops it (CNT-05).
    /// </summary>
    private void Count(TcpEngine engine, Action<Segment> arrived, in Segment segment)
    {
        int before = engine.BadSegments;
        arrived(segment);
        bool isBad = engine.BadSegments != before;
        if (_counts is not null && (!isBad || Owner!.HasPaths))
            _counts.CountIn(segment, isBad);
    }

    /// <summary>The ordinary way: the host looks at the checksum, and takes the IP header off (FWD-04).</summary>
    private void Pass(Segment segment, Action<ReadOnlyMemory<byte>> ordinary)
    {
        if (!segment.IsIntact)
            return;
        int window = Math.Min(segment.Window, ushort.MaxValue << _windowScale);
        byte[] packet = Ipv4Packet.Of(_there, _here, (segment with { Window = window }).Sealed(), _windowScale);
        ordinary(packet.AsMemory(Ipv4Packet.IpBytes));
    }

    /// <summary>What the adapter does with each packet that it sends.</summary>
    private Segment Frame(Segment segment)
    {
        _counts?.CountOut(segment);
        if (_path is not { } path)
            return segment;
        path.Neighbor.BeforeSend(_wired.Engine.Retransmissions >= path.DoubtRetransmissions);
        return segment with { Frame = path.Neighbor.HeaderOf(_settings.UserPriority) };
    }

    private static Segment InLine(in Segment segment) => segment.Has(SegmentFlags.Urg) && segment.IsIntact
        ? (segment with { Flags = segment.Flags & ~SegmentFlags.Urg }).Sealed()
        : segment;
}
