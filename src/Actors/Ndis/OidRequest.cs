using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>What a control request is about, with the values of ntddndis.h.</summary>
public enum Oid : uint
{
    /// <summary>Query: what of the chimney can be enabled (<see cref="TcpTaskOffload"/>). Set: what is to be
    /// (CAP-13).</summary>
    TcpTaskOffload = 0xFC010201,

    /// <summary>Query: <see cref="TcpOffloadStatistics"/> over IPv4. Set: they begin at nought again
    /// (CNT-02).</summary>
    Tcp4OffloadStatistics = 0xFC010207,

    /// <summary>The same over IPv6.</summary>
    Tcp6OffloadStatistics = 0xFC010208,

    /// <summary>Query: <see cref="IpOffloadStatistics"/> of IPv4. Set: they begin at nought again.</summary>
    Ip4OffloadStatistics = 0xFC010209,

    /// <summary>The same of IPv6.</summary>
    Ip6OffloadStatistics = 0xFC01020A,

    /// <summary>Query: <see cref="OffloadCapabilities"/> that are enabled. Answered by the runtime; no set
    /// (CAP-11).</summary>
    TcpConnectionOffloadCurrentConfig = 0xFC01020E,

    /// <summary>Query: <see cref="OffloadCapabilities"/> of the adapter. Answered by the runtime; no set
    /// (CAP-11).</summary>
    TcpConnectionOffloadHardwareCapabilities = 0xFC01020F,

    /// <summary>Query: <see cref="TcpConnectionOffloadParameters"/>, answered by the runtime. Set: the adapter is to
    /// honour them (CAP-09).</summary>
    TcpConnectionOffloadParameters = 0xFC030201,
}

/// <summary>NDIS_REQUEST_TYPE, as far as it is used.</summary>
public enum OidMethod
{
    /// <summary>Asks.</summary>
    Query = 0,

    /// <summary>Changes.</summary>
    Set = 1,
}

/// <summary>What a control request carries: the question, and later its answer.</summary>
/// <remarks>Source: ns-ndis-_ndis_oid_request.md.</remarks>
public sealed class OidBlock : Parcel
{
    internal OidBlock(Oid oid, OidMethod method, object? information)
    {
        Oid = oid;
        Method = method;
        Information = information;
        Operation = OffloadOperation.Oid;
    }

    /// <summary>What it is about.</summary>
    public Oid Oid { get; }

    /// <summary>Query or set.</summary>
    public OidMethod Method { get; }

    /// <summary>Set: the new value. Query: the answer, written before it is completed with SUCCESS; its type stands
    /// with the <see cref="Ndis.Oid"/>.</summary>
    public object? Information { get; private set; }

    /// <summary>Query: the answer, before it is completed.</summary>
    internal object? Offered { get; set; }

    /// <summary>Name of the adapter it is meant for, where a driver has several below; null for any.</summary>
    public string? Adapter { get; init; }

    /// <summary>Answers a query; to be called before SUCCESS is returned for it.</summary>
    /// <param name="information">Of the type that stands with the <see cref="Ndis.Oid"/>.</param>
    public void Answer(object information) => Offered = information;

    /// <summary>Answers a query that goes on no journey.</summary>
    internal void AnswerNow(object information)
    {
        Information = information;
        Status = NdisStatus.Success;
    }

    /// <inheritdoc/>
    private protected override void OnCompleted(long bytes)
    {
        if (Status == NdisStatus.Success && Method == OidMethod.Query)
            Information = Offered;
    }
}

/// <summary>Asks an adapter something, or changes something of it; not of a connection.</summary>
/// <param name="Flight">The <see cref="OidBlock"/>.</param>
/// <remarks>Travels down; answered by exactly one <see cref="OidRequestComplete"/>. Of one adapter one after the other
/// (V-05, V-18). Source: nf-ndis-ndisoidrequest.md, nc-ndis-miniport_oid_request.md.</remarks>
public sealed record OidRequest(Flight Flight) : OffloadRequest(Flight)
{
    /// <summary>The question.</summary>
    public OidBlock Block => (OidBlock)Flight.Head;
}

/// <summary>The answer: SUCCESS, NOT_SUPPORTED, INVALID_PARAMETER, FAILURE, REQUEST_ABORTED (a reset), or NOT_ACCEPTED
/// (the adapter is gone).</summary>
/// <remarks>Source: nf-ndis-ndismoidrequestcomplete.md.</remarks>
public sealed record OidRequestComplete : OffloadCompletion
{
    internal OidRequestComplete(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The question with its answer.</summary>
    public OidBlock Block => (OidBlock)Flight.Head;
}
