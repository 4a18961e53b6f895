using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>A request of a resilient connection, over all its attempts.</summary>
internal sealed class PendingRequest(
    OffloadOperation operation, ReadOnlyMemory<byte> data, DisconnectKind kind, object? state)
{
    public OffloadOperation Operation => operation;

    public ReadOnlyMemory<byte> Data => data;

    public DisconnectKind Kind => kind;

    public long Offset { get; set; }

    public LinkedListNode<PendingRequest>? Node { get; set; }

    /// <summary>Whether its bytes were taken before a FIN that is sent: it is answered with the disconnect.</summary>
    public bool AwaitsFin { get; set; }

    /// <summary>In <see cref="BytesOut"/>: it waits.</summary>
    public const int NotOut = -1;

    /// <summary>Bytes of it that the present offload was given.</summary>
    public int BytesOut { get; set; } = NotOut;

    public bool IsOut => BytesOut != NotOut;

    public Action<object?, SendResult>? Sent { get; init; }

    public Action<object?, DisconnectResult>? Disconnected { get; init; }

    public void Answer(NdisStatus status, long bytes, long streamBytes)
    {
        Sent?.Invoke(state, new SendResult(status, bytes));
        Disconnected?.Invoke(state, new DisconnectResult(status, streamBytes));
    }
}
