using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Asks the driver below to send data on an offloaded connection.</summary>
/// <param name="Flight">A chain of NET_BUFFER_LISTs, each with one or more NET_BUFFERs (NBL-02), first in first
/// out.</param>
/// <remarks>Travels down; each list is answered once by a <see cref="TcpOffloadSendComplete"/>.
/// Source: nf-ndischimney-ndisoffloadtcpsend.md, nc-ndischimney-w_tcp_offload_send_handler.md.</remarks>
public sealed record TcpOffloadSend(Flight Flight) : OffloadRequest(Flight);

/// <summary>Sends that are finished, in the order they were delivered (SEND-12).</summary>
/// <remarks>SUCCESS only when the peer acknowledged every byte of the list (SEND-03); else UPLOAD_IN_PROGRESS,
/// REQUEST_ABORTED or INVALID_STATE, with the acknowledged bytes in BytesTransferred.
/// Source: nc-ndischimney-ndis_tcp_offload_send_complete.md.</remarks>
public sealed record TcpOffloadSendComplete : OffloadCompletion
{
    internal TcpOffloadSendComplete(Flight flight)
        : base(flight)
    {
    }
}
