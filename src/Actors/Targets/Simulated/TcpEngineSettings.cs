namespace ChimneyActors.Targets.Simulated;

/// <summary>The limits of a <see cref="TcpEngine"/>; the defaults are those of the RFCs and of the timers of the
/// chimney.</summary>
internal sealed record TcpEngineSettings
{
    /// <summary>Largest payload of a segment.</summary>
    internal int SegmentBytesMax { get; init; } = 1460;

    /// <summary>Room for received data.</summary>
    internal int ReceiveBytesMax { get; init; } = 65_535;

    /// <summary>Shortest time-out (RFC 6298 section 2.4).</summary>
    internal TimeSpan RetransmitMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time-out (RFC 6298 section 2.5).</summary>
    internal TimeSpan RetransmitMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time-outs, or probes that nobody answers, in a row before the engine gives up (TMR-10).</summary>
    internal int RetransmissionsMax { get; init; } = 15;

    /// <summary>How long an acknowledgement may wait; less than 0.5 s (RFC 9293 section 3.8.6.3).</summary>
    internal TimeSpan DelayedAck { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the peer may be silent in FIN_WAIT_2 (TMR-06).</summary>
    internal TimeSpan FinWait2 { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Twice the life of a segment (RFC 9293 section 3.4.2).</summary>
    internal TimeSpan TimeWait { get; init; } = TimeSpan.FromSeconds(240);
}
