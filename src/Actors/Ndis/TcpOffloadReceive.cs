using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Posts space for data of the peer.</summary>
/// <param name="Flight">A chain of NET_BUFFER_LISTs with one NET_BUFFER each (NBL-03). Zero bytes: only re-enables
/// indications (RIND-07).</param>
/// <remarks>Travels down; each list is answered once by a <see cref="TcpOffloadReceiveComplete"/>.
/// Source: nf-ndischimney-ndisoffloadtcpreceive.md.</remarks>
public sealed record TcpOffloadReceive(Flight Flight) : OffloadRequest(Flight);

/// <summary>Posted receives that are finished, in posting order (RECV-01).</summary>
/// <remarks>BytesTransferred says how much was placed; SUCCESS with fewer bytes than posted is the end of the stream or
/// a push. Others: REQUEST_ABORTED, UPLOAD_IN_PROGRESS, INVALID_STATE (RECV-07 to RECV-11).
/// Source: nc-ndischimney-ndis_tcp_offload_receive_complete.md.</remarks>
public sealed record TcpOffloadReceiveComplete : OffloadCompletion
{
    internal TcpOffloadReceiveComplete(Flight flight)
        : base(flight)
    {
    }
}
