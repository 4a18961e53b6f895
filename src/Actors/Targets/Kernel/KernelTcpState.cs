namespace ChimneyActors.Targets.Kernel;

/// <summary>The state of a TCP socket as Linux numbers it (include/net/tcp_states.h).</summary>
internal enum KernelTcpState
{
    /// <summary>Not a TCP socket, or the question failed.</summary>
    Unknown = 0,
    Established = 1,
    SynSent = 2,
    SynReceived = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Closed = 7,
    CloseWait = 8,
    LastAck = 9,
    Listen = 10,
    Closing = 11,
}
