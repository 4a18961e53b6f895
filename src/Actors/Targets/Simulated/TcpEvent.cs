namespace ChimneyActors.Targets.Simulated;

/// <summary>What can happen to a connection.</summary>
internal enum TcpEventKind
{
    /// <summary>The peer has acknowledged the stream up to an offset.</summary>
    Acknowledged,

    /// <summary>The stream of the peer is here, in order, up to an offset.</summary>
    Received,

    /// <summary>The peer has acknowledged our FIN, and so everything before it.</summary>
    FinAcknowledged,

    /// <summary>The peer has sent its FIN, and everything before it is here.</summary>
    PeerFinished,

    /// <summary>The peer has reset the connection.</summary>
    Reset,

    /// <summary>The peer did not answer for too long: data, a probe of its window or a keepalive (TMR-08, TMR-10).
    /// </summary>
    TimedOut,

    /// <summary>The peer was silent for too long in FIN_WAIT_2 (TMR-06).</summary>
    FinWait2Expired,

    /// <summary>The push timer that <see cref="TcpEngine.StartPushTimer"/> started has run out (TMR-05). Not an end.
    /// </summary>
    PushExpired,

    /// <summary>Urgent data is here: the engine stands still, and the host must take the connection back (PKT-03).
    /// What comes from now on is for the ordinary path.</summary>
    UrgentReceived,

    /// <summary>A SYN at RCV.NXT: the peer has lost the connection and opens it anew. It is CLOSED here, and the host
    /// takes it back (PKT-04).</summary>
    SynReceived,

    /// <summary>Both sides have finished, and nothing old can be on the wire any more.</summary>
    Closed,
}

/// <summary>Something that happened to a connection.</summary>
/// <param name="Kind">What.</param>
/// <param name="Through">The stream offset up to which; for a Reset, Closed and the like that of the received
/// stream.</param>
internal readonly record struct TcpEvent(TcpEventKind Kind, long Through);
