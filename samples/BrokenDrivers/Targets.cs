using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace BrokenDrivers;

/// <summary>A layer around a target, in which one mistake is made.</summary>
public abstract class Layer(IOffloadTarget inner) : IOffloadAdapter, IAsyncDisposable
{
    /// <inheritdoc/>
    public virtual OffloadCapabilities Capabilities => inner.Capabilities;

    /// <summary>The target within.</summary>
    protected IOffloadTarget Inner => inner;

    /// <summary>The same, if it has a say beyond its connections.</summary>
    protected IOffloadAdapter? Adapter { get; } = inner as IOffloadAdapter;

    /// <inheritdoc/>
    public virtual void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => inner.Submit(request, upcalls);

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => inner.Answer(answer, upcalls);

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => inner.Sever(connection, upcalls);

    /// <inheritdoc/>
    public virtual RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        inner.Probe(connection, parcel, flight);

    /// <inheritdoc/>
    public virtual NdisStatus Initialize(IAdapterUpcalls upcalls) =>
        Adapter?.Initialize(upcalls) ?? NdisStatus.Success;

    /// <inheritdoc/>
    public virtual NdisStatus Restart() => Adapter?.Restart() ?? NdisStatus.Success;

    /// <inheritdoc/>
    public virtual NdisStatus Pause() => Adapter?.Pause() ?? NdisStatus.Success;

    /// <inheritdoc/>
    public NdisStatus Reset() => Adapter?.Reset() ?? NdisStatus.Success;

    /// <inheritdoc/>
    public void SurpriseRemoved() => Adapter?.SurpriseRemoved();

    /// <inheritdoc/>
    public void Halt(HaltAction action) => Adapter?.Halt(action);

    /// <inheritdoc/>
    public bool CheckForHang() => Adapter?.CheckForHang() ?? false;

    /// <inheritdoc/>
    public virtual NdisStatus Request(OidBlock request) => Adapter?.Request(request) ?? NdisStatus.NotSupported;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
    }

    /// <summary>Completes a request of one list, over the head of the target within.</summary>
    protected static void End(Claim claim, NdisStatus status, long bytes, IOffloadUpcalls upcalls)
    {
        if (!claim.TryComplete(status, bytes))
            return;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        upcalls.Complete(won.ToCompletion());
    }
}

/// <summary>Ends a graceful disconnect with a status that no disconnect may have.</summary>
public sealed class WrongStatus(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is TcpOffloadDisconnect { Kind: DisconnectKind.Graceful })
            End(request.Flight.Head.Claim(), NdisStatus.Failure, 0, upcalls);
        else
            Inner.Submit(request, upcalls);
    }
}

/// <summary>Ends a forwarded segment with a status that none may have.</summary>
public sealed class WrongForwardStatus(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is not TcpOffloadForward)
        {
            Inner.Submit(request, upcalls);
            return;
        }
        for (Parcel? segment = request.Flight.Head; segment is not null;)
        {
            Parcel? next = segment.Next;
            End(segment.Claim(), NdisStatus.InvalidState, 0, upcalls);
            segment = next;
        }
    }
}

/// <summary>Says of a send that it succeeded, with a byte less than it had.</summary>
public sealed class WrongByteCount(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        Claim claim = request.Flight.Head.Claim();
        Inner.Submit(request, upcalls);
        if (request is TcpOffloadSend { Flight: { Count: 1, Head: NetBufferList { DataLength: > 0 } list } })
            End(claim, NdisStatus.Success, list.DataLength - 1, upcalls);
    }
}

/// <summary>Answers a send only when its connection has been taken back.</summary>
public sealed class AnswersLate(IOffloadTarget inner) : Layer(inner)
{
    private readonly Dictionary<OffloadHandle, Claim> _late = [];

    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is TcpOffloadSend { Flight.Count: 1 }
            && _late.TryAdd(request.Connection, request.Flight.Head.Claim()))
            return;
        Inner.Submit(request, request is TerminateOffload ? new Ear(this, upcalls) : upcalls);
    }

    private sealed class Ear(AnswersLate target, IOffloadUpcalls host) : IOffloadUpcalls
    {
        public HolderId Holder => host.Holder;

        public NetBufferListPool ReceivePool => host.ReceivePool;

        public void Complete(OffloadCompletion completion)
        {
            host.Complete(completion);
            if (completion is TerminateOffloadComplete && target._late.Remove(completion.Connection, out Claim late))
                End(late, NdisStatus.UploadInProgress, 0, host);
        }

        public void Indicate(OffloadIndication indication) => host.Indicate(indication);
    }
}

/// <summary>Ends a graceful disconnect when its FIN is on its way, not when it was acknowledged.</summary>
public sealed class EndsEarly(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        Claim claim = request.Flight.Head.Claim();
        Inner.Submit(request, upcalls);
        if (request is TcpOffloadDisconnect { Kind: DisconnectKind.Graceful })
            End(claim, NdisStatus.Success, ((NetBufferList)claim.Parcel).DataLength, upcalls);
    }
}

/// <summary>Says with each send again how much is best kept outstanding, a hundred times.</summary>
public sealed class Chatters(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        Inner.Submit(request, upcalls);
        if (request is TcpOffloadSend)
            for (int times = 1; times <= 100; times++)
                upcalls.Indicate(new TcpOffloadEvent(
                    request.Connection, TcpOffloadEventType.SendBacklogChange, times, 0));
    }
}
