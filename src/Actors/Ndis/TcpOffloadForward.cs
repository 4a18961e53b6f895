using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Gives the target raw segments that reached the host and not the target: before or while the connection was
/// offloaded, over another interface, or in a form that a target leaves to the host (FWD-01).</summary>
/// <param name="Flight">A chain of NET_BUFFER_LISTs, each with one NET_BUFFER that holds one TCP segment from the first
/// byte of its TCP header on (NBL-04, FWD-04).</param>
/// <remarks>Travels down; each list is answered once by a <see cref="TcpOffloadForwardComplete"/>. Old, doubled and
/// disordered segments are lawful (FWD-12).
/// Source: nf-ndischimney-ndisoffloadtcpforward.md, nc-ndischimney-w_tcp_offload_forward_handler.md.</remarks>
public sealed record TcpOffloadForward(Flight Flight) : OffloadRequest(Flight);

/// <summary>Forwarded segments that the host has back.</summary>
/// <remarks>SUCCESS: processed like one from the wire (FWD-05, FWD-10). UPLOAD_IN_PROGRESS: not processed, the host
/// does it (FWD-06). REQUEST_ABORTED: a RST came, and nobody does (FWD-07). No byte count (NBL-10).
/// Source: nc-ndischimney-ndis_tcp_offload_forward_complete.md.</remarks>
public sealed record TcpOffloadForwardComplete : OffloadCompletion
{
    internal TcpOffloadForwardComplete(Flight flight)
        : base(flight)
    {
    }
}

/// <summary>The shape of a forwarded segment.</summary>
internal static class RawSegment
{
    /// <summary>Bytes of a TCP header without options.</summary>
    internal const int HeaderBytesMin = 20;

    /// <summary>Bytes of the TCP header with its options, as its data offset says; 0 if these are no TCP
    /// segment.</summary>
    internal static int HeaderBytesOf(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < HeaderBytesMin)
            return 0;
        int header = (segment[12] >> 4) * 4;
        return header >= HeaderBytesMin && header <= segment.Length ? header : 0;
    }
}
