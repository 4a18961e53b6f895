using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>A scripted target with an adapter around it: what it is asked of its life, and of control.</summary>
internal sealed class ScriptedAdapter(ScriptedTarget inner) : IOffloadAdapter
{
    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<OidBlock> Asked { get; } = new();

    /// <summary>How it answers a control request.</summary>
    public Func<OidBlock, NdisStatus> OnRequest { get; set; } = _ => NdisStatus.Success;

    /// <summary>How it answers a reset.</summary>
    public Func<NdisStatus> OnReset { get; set; } = () => NdisStatus.Success;

    public NdisStatus OnInitialize { get; set; } = NdisStatus.Success;

    public NdisStatus OnRestart { get; set; } = NdisStatus.Success;

    public bool Hangs { get; set; }

    public int Resets { get; private set; }

    /// <summary>Why it was halted; null before.</summary>
    public HaltAction? Halted { get; private set; }

    public IAdapterUpcalls Upcalls { get; private set; } = null!;

    public OffloadCapabilities Capabilities { get; set; } = inner.Capabilities;

    public NdisStatus Initialize(IAdapterUpcalls upcalls)
    {
        Upcalls = upcalls;
        return OnInitialize;
    }

    public NdisStatus Restart() => OnRestart;

    public NdisStatus Reset()
    {
        Resets++;
        return OnReset();
    }

    public void Halt(HaltAction action) => Halted = action;

    public bool CheckForHang() => Hangs;

    public NdisStatus Request(OidBlock request)
    {
        Asked.Enqueue(request);
        return OnRequest(request);
    }

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => inner.Submit(request, upcalls);

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => inner.Answer(answer, upcalls);

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => inner.Sever(connection, upcalls);

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        inner.Probe(connection, parcel, flight);
}
