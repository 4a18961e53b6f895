using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>How a connection is closed; exactly one of the two (DISC-01).</summary>
public enum DisconnectKind
{
    /// <summary>FIN after all data (TCP_DISCONNECT_GRACEFUL_CLOSE).</summary>
    Graceful = 1,

    /// <summary>RST at once (TCP_DISCONNECT_ABORTIVE_CLOSE).</summary>
    Abortive = 2,
}

/// <summary>Asks the driver below to close the send half of an offloaded connection, or to abort the
/// connection.</summary>
/// <param name="Flight">One NET_BUFFER_LIST with one NET_BUFFER (NBL-01). Graceful: the bytes to send before the FIN,
/// possibly none (DISC-04). Abortive: always none (DISC-03).</param>
/// <param name="Kind">FIN or RST.</param>
/// <remarks>Travels down; answered by exactly one <see cref="TcpOffloadDisconnectComplete"/>.
/// Source: nf-ndischimney-ndisoffloadtcpdisconnect.md, nc-ndischimney-w_tcp_offload_disconnect_handler.md.</remarks>
public sealed record TcpOffloadDisconnect(Flight Flight, DisconnectKind Kind)
    : OffloadRequest(Flight);

/// <summary>The answer to a disconnect, with the very list it brought (DISC-23).</summary>
/// <remarks>Graceful SUCCESS: the peer acknowledged all data and the FIN (DISC-13); BytesTransferred counts the
/// acknowledged bytes of the disconnect's own data. Abortive SUCCESS: the RST was sent (DISC-14). Others:
/// REQUEST_ABORTED, UPLOAD_IN_PROGRESS. Source: nc-ndischimney-ndis_tcp_offload_disconnect_complete.md.</remarks>
public sealed record TcpOffloadDisconnectComplete : OffloadCompletion
{
    internal TcpOffloadDisconnectComplete(Flight flight)
        : base(flight)
    {
    }
}
