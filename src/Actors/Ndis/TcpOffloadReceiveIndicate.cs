using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Offers received data in the target's own buffer.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Flight">One stand-alone NET_BUFFER_LIST with one NET_BUFFER (NBL-05).</param>
/// <remarks>
/// Travels up. Answered exactly once: refused or partly taken by a <see cref="TcpOffloadReceiveRefused"/>, which
/// brings the list back at once; or taken, by a <see cref="TcpOffloadReceiveAccepted"/> now, which obliges the host to
/// exactly one <see cref="TcpOffloadReceiveReturn"/> later. The entry-points table calls both answers
/// TcpOffloadReceiveIndicateResult; they are two records because only one of them carries the list.
/// Source: nc-ndischimney-ndis_tcp_offload_receive_indicate.md.
/// </remarks>
public sealed record TcpOffloadReceiveIndicate(OffloadHandle Connection, Flight Flight) : OffloadIndication(Connection)
{
    internal override Flight Carried => Flight;
}

/// <summary>The host took everything up to a place in the stream, and will return the lists later.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Through">Stream offset behind the last byte taken. A watermark: one that is lost is covered by the
/// next, and the custodian redirects one that a dead driver held.</param>
public sealed record TcpOffloadReceiveAccepted(OffloadHandle Connection, long Through) : OffloadMessage
{
    /// <summary>The connection.</summary>
    public override OffloadHandle Connection { get; } = Connection;
}

/// <summary>The host took nothing, or a part (BytesTransferred), and the list is the target's again (RIND-03,
/// RIND-04).</summary>
/// <remarks>Travels down by the contexts that the indication left on its way up. A parcel that was
/// <see cref="Parcel.BroughtHome"/> never reached the host: it is indicated again, without waiting for a
/// receive.</remarks>
public sealed record TcpOffloadReceiveRefused : OffloadCompletion
{
    internal TcpOffloadReceiveRefused(Flight flight)
        : base(flight)
    {
    }
}

/// <summary>The host is finished with indicated data; always succeeds, has no completion (RIND-10).</summary>
/// <remarks>Travels down. Source: nf-ndischimney-ndisoffloadtcpreceivereturn.md.</remarks>
public sealed record TcpOffloadReceiveReturn : OffloadCompletion
{
    internal TcpOffloadReceiveReturn(Flight flight)
        : base(flight)
    {
    }
}
