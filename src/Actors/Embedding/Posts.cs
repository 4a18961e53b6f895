using System.Runtime.InteropServices;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Embedding;

/// <summary>A post that ends a task.</summary>
internal abstract class TaskPost<TResult>(BindingConnection connection, OffloadOperation operation)
    : Post(connection, operation)
{
    private readonly TaskCompletionSource<TResult> _done = new(connection.Stack.TaskOptions);

    public Task<TResult> Result => _done.Task;

    protected sealed override void OnDone(NdisStatus status, long bytes) => _done.TrySetResult(Make(status, bytes));

    protected abstract TResult Make(NdisStatus status, long bytes);
}

internal sealed class SendPost : TaskPost<SendResult>
{
    public SendPost(BindingConnection connection, ReadOnlyMemory<byte> data)
        : base(connection, OffloadOperation.Send) => Memory = MemoryMarshal.AsMemory(data);

    protected override SendResult Make(NdisStatus status, long bytes) => new(status, bytes);
}

internal sealed class ReceivePost : TaskPost<ReceiveResult>
{
    public ReceivePost(BindingConnection connection, Memory<byte> buffer, bool noPush)
        : base(connection, OffloadOperation.Receive)
    {
        Memory = buffer;
        NoPush = noPush;
    }

    protected override ReceiveResult Make(NdisStatus status, long bytes) => new(status, (int)bytes);
}

internal sealed class DisconnectPost : TaskPost<DisconnectResult>
{
    public DisconnectPost(BindingConnection connection, DisconnectKind kind, ReadOnlyMemory<byte> data)
        : base(connection, OffloadOperation.Disconnect)
    {
        Kind = kind;
        Memory = MemoryMarshal.AsMemory(data);
    }

    protected override DisconnectResult Make(NdisStatus status, long bytes) => new(status, Connection.Acknowledged);
}

/// <summary>A post that calls back, on the thread that landed it.</summary>
internal sealed class CallbackPost : Post
{
    private readonly object? _state;

    public CallbackPost(
        BindingConnection connection, OffloadOperation operation, ReadOnlyMemory<byte> data, DisconnectKind kind,
        object? state)
        : base(connection, operation)
    {
        Memory = MemoryMarshal.AsMemory(data);
        Kind = kind;
        _state = state;
    }

    public Action<object?, SendResult>? Sent { get; init; }

    public Action<object?, DisconnectResult>? Disconnected { get; init; }

    protected override void OnDone(NdisStatus status, long bytes)
    {
        Sent?.Invoke(_state, new SendResult(status, bytes));
        Disconnected?.Invoke(_state, new DisconnectResult(status, Connection.Acknowledged));
    }
}
