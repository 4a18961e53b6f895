using System.Net.Sockets;
using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>TCP_OFFLOAD_EVENT_TYPE.</summary>
public enum TcpOffloadEventType
{
    /// <summary>The optimum number of outstanding send bytes changed (EVT-16).</summary>
    SendBacklogChange = 1,

    /// <summary>The peer's FIN was received, and all data before it was consumed (EVT-02).</summary>
    Disconnect = 2,

    /// <summary>The target asks for an upload (EVT-08).</summary>
    Retrieve = 3,

    /// <summary>The peer reset the connection (EVT-04).</summary>
    Abort = 4,
}

/// <summary>TCP_UPLOAD_REASON: why a target asks for an upload.</summary>
public enum TcpUploadReason
{
    /// <summary>No reason; the event is not an upload request.</summary>
    None = 0,

    /// <summary>Too little traffic.</summary>
    LowActivity = 1,

    /// <summary>Too many losses.</summary>
    HighDropRate = 2,

    /// <summary>Too small sends or receives.</summary>
    SmallIO = 3,

    /// <summary>No receives are posted.</summary>
    NoBufferPreposting = 4,

    /// <summary>Urgent data was received.</summary>
    ReceivedUrgentData = 5,

    /// <summary>Too many fragments.</summary>
    HighFragmentation = 6,

    /// <summary>Too many segments out of order.</summary>
    HighOutOfOrderPackets = 7,

    /// <summary>Retransmission or a timer of the connection gave up.</summary>
    TimeoutExpiration = 8,

    /// <summary>State was invalidated.</summary>
    InvalidState = 9,

    /// <summary>The target needs the room, or the stream has a gap that only the host can mend.</summary>
    UploadRequested = 10,

    /// <summary>The connection's driver died; what it left can be taken back.</summary>
    HardwareFailure = 11,
}

/// <summary>What the events mean for the host.</summary>
public static class OffloadEvents
{
    /// <summary>The reasons that always lead to an upload (EVT-11).</summary>
    public static bool IsMandatory(TcpUploadReason reason) => reason is TcpUploadReason.HardwareFailure
        or TcpUploadReason.InvalidState or TcpUploadReason.ReceivedUrgentData
        or TcpUploadReason.TimeoutExpiration or TcpUploadReason.UploadRequested;
}

/// <summary>Something happened to a connection.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Type">What.</param>
/// <param name="Information">SendBacklogChange: bytes. Retrieve: <see cref="TcpUploadReason"/>. Else 0
/// (EVT-18).</param>
/// <param name="StreamOffset">Disconnect: bytes received before the FIN; the host hears of it when it has them
/// all.</param>
/// <remarks>Travels up, carries no buffer and wants no answer. One that a dead driver held is said again.
/// Source: nc-ndischimney-ndis_tcp_offload_event_indicate.md.</remarks>
public sealed record TcpOffloadEvent(
    OffloadHandle Connection, TcpOffloadEventType Type, long Information, long StreamOffset)
    : OffloadIndication(Connection);

/// <summary>What is left of a connection that a target was told to forget.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Positions">Where its streams stand.</param>
/// <param name="State">Its TCP state.</param>
/// <param name="Socket">The live socket; null if the connection was aborted.</param>
/// <param name="BufferedData">Received data that the target held and had not indicated, or had back refused.</param>
/// <param name="BufferedOffset">Stream offset of the first buffered byte.</param>
/// <param name="FinSent">Whether the send half is closed.</param>
/// <remarks>To the connection's supervisor only, never further up. After it the target touches no buffer of the
/// connection again.</remarks>
public sealed record Severed(
    OffloadHandle Connection, StreamPositions Positions, TcpConnectionState State, Socket? Socket,
    ReadOnlyMemory<byte> BufferedData, long BufferedOffset, bool FinSent) : OffloadIndication(Connection);
