namespace ChimneyActors.Buffers;

/// <summary>Outcome of a request, with the values of the public NDIS headers.</summary>
/// <remarks>
/// Compare values, never the sign: <see cref="Pending"/> and <see cref="OffloadPartialSuccess"/> count as success in a
/// sign test and mean nothing of the kind. Source: ndis.h, ndischimney.h.
/// </remarks>
public enum NdisStatus : uint
{
    /// <summary>Done; the rule of the operation says what "done" includes.</summary>
    Success = 0x00000000,

    /// <summary>Will be completed later. Never a final status.</summary>
    Pending = 0x00000103,

    /// <summary>The adapter was pulled out: control requests are completed with this until its halt
    /// (LIFE-12).</summary>
    NotAccepted = 0x00010003,

    /// <summary>A reset begins; nothing is asked until its end. A status indication.</summary>
    ResetStart = 0x40010004,

    /// <summary>A reset has ended. A status indication.</summary>
    ResetEnd = 0x40010005,

    /// <summary>Nothing new is to be offloaded. A status indication (STS-01).</summary>
    OffloadPause = 0x40020001,

    /// <summary>Everything is to be taken back. A status indication (STS-05).</summary>
    UploadAll = 0x40020002,

    /// <summary>Offloading may go on; capabilities may have changed. A status indication (STS-03).</summary>
    OffloadResume = 0x40020003,

    /// <summary>The block was offloaded, one of its dependents was not. Initiate only.</summary>
    OffloadPartialSuccess = 0x40020004,

    /// <summary>A virtual adapter's hardware abilities have changed. A status indication (IM-22).</summary>
    TcpConnectionOffloadHardwareCapabilities = 0x4002000B,

    /// <summary>A reset ended with errors that do not matter.</summary>
    SoftErrors = 0x80010003,

    /// <summary>A reset ended, and the adapter is broken.</summary>
    HardErrors = 0x80010004,

    /// <summary>The operation failed for a reason without a code of its own. State operations only.</summary>
    Failure = 0xC0000001,

    /// <summary>The request carries a parameter outside its lawful range.</summary>
    InvalidParameter = 0xC000000D,

    /// <summary>No memory at the host.</summary>
    Resources = 0xC000009A,

    /// <summary>The target does not know the operation.</summary>
    NotSupported = 0xC00000BB,

    /// <summary>A receive after the end of the stream, or a send after a graceful disconnect.</summary>
    InvalidState = 0xC0000184,

    /// <summary>The connection was aborted, by the peer's RST or by a local abortive disconnect.</summary>
    RequestAborted = 0xC001000C,

    /// <summary>A reset is under way; another one is superfluous.</summary>
    ResetInProgress = 0xC001000D,

    /// <summary>A send was cancelled before it was a part of its stream (LIFE-16).</summary>
    SendAborted = 0xC023000C,

    /// <summary>The adapter is pausing or paused.</summary>
    Paused = 0xC023002A,

    /// <summary>The connection is on its way back to the host, which goes on with the stream itself.</summary>
    UploadInProgress = 0xC0231001,

    /// <summary>An intermediate has no memory: status of the first NET_BUFFER_LIST of the chain.</summary>
    RequestUpload = 0xC0231002,

    /// <summary>An intermediate has no memory: status of all later NET_BUFFER_LISTs of the chain.</summary>
    UploadRequested = 0xC0231003,

    /// <summary>The target has no room for another connection.</summary>
    OffloadTcpEntries = 0xC0231004,

    /// <summary>The target has no room for another path.</summary>
    OffloadPathEntries = 0xC0231005,

    /// <summary>The target has no room for another neighbor, or takes none at all.</summary>
    OffloadNeighborEntries = 0xC0231006,

    /// <summary>The target has no room for the source IP address.</summary>
    OffloadIpAddressEntries = 0xC0231007,

    /// <summary>The target cannot use a source MAC address of the host's, or has no room for another.</summary>
    OffloadHwAddressEntries = 0xC0231008,

    /// <summary>The target has no room for another VLAN id.</summary>
    OffloadVlanEntries = 0xC0231009,

    /// <summary>The target cannot offer a receive window so large.</summary>
    OffloadTcpRcvWindow = 0xC023100C,

    /// <summary>The VLAN id of a neighbor is not among those of the interface.</summary>
    OffloadVlanMismatch = 0xC023100D,

    /// <summary>Nothing of the indicated data was taken.</summary>
    OffloadDataNotAccepted = 0xC023100E,

    /// <summary>A part of the indicated data was taken.</summary>
    OffloadDataPartiallyAccepted = 0xC0231010,

    /// <summary>The target considers the connection a bad candidate.</summary>
    OffloadConnectionRejected = 0xC0231012,

    /// <summary>The path MTU is larger than the target can use. Named by the documentation and by no header: the value
    /// is ours, outside of the range of NDIS.</summary>
    OffloadPathMtu = 0xE0231001,
}
