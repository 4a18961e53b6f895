using System.Runtime.CompilerServices;
using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace BrokenDrivers;

/// <summary>Tells every completion of a send twice.</summary>
public sealed class Doubles : IntermediateDriver
{
    /// <inheritdoc/>
    protected override void OnCompletion(OffloadCompletion completion)
    {
        PassUp(completion);
        if (completion is TcpOffloadSendComplete)
            PassUp(completion);
    }
}

/// <summary>Loses every third send.</summary>
public sealed class Drops : IntermediateDriver
{
    private int _sends;

    /// <inheritdoc/>
    protected override void OnRequest(OffloadRequest request)
    {
        if (request is not TcpOffloadSend || ++_sends % 3 != 0)
            PassDown(request);
    }
}

/// <summary>Holds a send back until another request has passed.</summary>
public sealed class Reorders : IntermediateDriver
{
    private OffloadRequest? _held;

    /// <inheritdoc/>
    protected override void OnRequest(OffloadRequest request)
    {
        if (_held is null && request is TcpOffloadSend)
        {
            Hold(request);
            _held = request;
            StartTimer("held", TimeSpan.FromSeconds(1));
            return;
        }
        PassDown(request);
        OnTimer("held");
    }

    /// <inheritdoc/>
    protected override void OnTimer(object key)
    {
        if (_held is { } held)
        {
            _held = null;
            PassDown(held);
        }
    }
}

/// <summary>Leaves a context on what it passes up. The contract gives it no way to, but .NET does.</summary>
public sealed class LeavesContext : IntermediateDriver
{
    private static readonly Leftover Left = new();

    /// <inheritdoc/>
    protected override void OnCompletion(OffloadCompletion completion)
    {
        Parcel parcel = completion.Flight.Head;
        PassUp(completion);
        Push(ref FramesOf(parcel), Left, null);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Frames")]
    private static extern ref ContextFrames FramesOf(Parcel parcel);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "Push")]
    private static extern void Push(ref ContextFrames frames, ContextOwner driver, ContextOwner? answerTo);

    private sealed class Leftover : ContextOwner
    {
        public override string Name => "leftover";
    }
}

/// <summary>Writes into the memory of a request long after it was completed.</summary>
public sealed class TouchesAfterwards : IntermediateDriver
{
    private readonly List<Memory<byte>> _remembered = [];

    /// <inheritdoc/>
    protected override void OnRequest(OffloadRequest request)
    {
        if (request is TcpOffloadSend && request.Flight.Head is NetBufferList list && list.DataLength > 0)
            _remembered.Add(list.FirstNetBuffer.PieceAt(0));
        PassDown(request);
    }

    /// <inheritdoc/>
    protected override void OnCompletion(OffloadCompletion completion)
    {
        PassUp(completion);
        StartTimer("later", TimeSpan.FromMilliseconds(1));
    }

    /// <inheritdoc/>
    protected override void OnTimer(object key)
    {
        foreach (Memory<byte> memory in _remembered)
            memory.Span[0] ^= 1;
    }
}

/// <summary>Makes an orderly end a reset.</summary>
public sealed class Resets : IntermediateDriver
{
    /// <inheritdoc/>
    protected override void OnRequest(OffloadRequest request) => PassDown(
        request is TcpOffloadDisconnect { Kind: DisconnectKind.Graceful }
            ? new TcpOffloadDisconnect(request.Flight, DisconnectKind.Abortive)
            : request);
}

/// <summary>Keeps what the adapter below it says.</summary>
public sealed class KeepsStatus : IntermediateDriver
{
    /// <inheritdoc/>
    protected override bool OnStatus(IndicateStatus status) => false;
}

/// <summary>Says that its virtual adapter could not be paused.</summary>
public sealed class RefusesPause : IntermediateDriver
{
    /// <inheritdoc/>
    protected override NdisStatus OnPause() => NdisStatus.Failure;
}

/// <summary>Answers control requests that are the adapter's.</summary>
public sealed class AnswersControl : IntermediateDriver
{
    /// <inheritdoc/>
    protected override void OnOid(OidRequest request) => Answer(request, NdisStatus.Failure);
}
