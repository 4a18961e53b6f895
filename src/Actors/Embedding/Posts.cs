using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Embedding;

/// <summary>A post that ends a task, and is used again when its result was read.</summary>
/// <remarks>Each thread keeps some: who reads a result is likely to post the next request.</remarks>
internal abstract class TaskPost<TSelf, TResult>(BindingConnection connection, OffloadOperation operation)
    : Post(connection, operation), IValueTaskSource<TResult>
    where TSelf : TaskPost<TSelf, TResult>
{
    private const int KeptMax = 128;

    [ThreadStatic]
    private static Stack<TSelf>? _kept;

    private ManualResetValueTaskSourceCore<TResult> _done = new()
    {
        RunContinuationsAsynchronously = RunsAsynchronously(connection),
    };

    /// <summary>Ends with the request. To be awaited once.</summary>
    public ValueTask<TResult> Result => new(this, _done.Version);

    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        TResult result = _done.GetResult(token);
        if (IsOver)
            Keep();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    /// <summary>One that was used before, or null.</summary>
    protected static TSelf? Again(BindingConnection connection)
    {
        if (_kept is null || !_kept.TryPop(out TSelf? post))
            return null;
        post.Renew(connection);
        post._done.RunContinuationsAsynchronously = RunsAsynchronously(connection);
        return post;
    }

    protected sealed override void OnDone(NdisStatus status, long bytes) => _done.SetResult(Make(status, bytes));

    protected abstract TResult Make(NdisStatus status, long bytes);

    // Users go on where they like; in a seeded world at once, on its thread.
    private static bool RunsAsynchronously(BindingConnection connection) =>
        connection.Stack.TaskOptions == TaskCreationOptions.RunContinuationsAsynchronously;

    private void Keep()
    {
        _done.Reset();      // whoever asks for the result once more is told that it is wrong
        Forget();
        _kept ??= new Stack<TSelf>();
        if (_kept.Count < KeptMax)
            _kept.Push((TSelf)this);
    }
}

internal sealed class SendPost(BindingConnection connection)
    : TaskPost<SendPost, SendResult>(connection, OffloadOperation.Send)
{
    public static SendPost For(BindingConnection connection, ReadOnlyMemory<byte> data)
    {
        SendPost post = Again(connection) ?? new SendPost(connection);
        post.Memory = MemoryMarshal.AsMemory(data);
        return post;
    }

    protected override SendResult Make(NdisStatus status, long bytes) => new(status, bytes);
}

internal sealed class ReceivePost(BindingConnection connection)
    : TaskPost<ReceivePost, ReceiveResult>(connection, OffloadOperation.Receive)
{
    public static ReceivePost For(BindingConnection connection, Memory<byte> buffer, bool noPush)
    {
        ReceivePost post = Again(connection) ?? new ReceivePost(connection);
        post.Memory = buffer;
        post.NoPush = noPush;
        return post;
    }

    protected override ReceiveResult Make(NdisStatus status, long bytes) => new(status, (int)bytes);
}

/// <summary>A connection has few: it ends a task and is not used again.</summary>
internal sealed class DisconnectPost : Post
{
    private readonly TaskCompletionSource<DisconnectResult> _done;

    public DisconnectPost(BindingConnection connection, DisconnectKind kind, ReadOnlyMemory<byte> data)
        : base(connection, OffloadOperation.Disconnect)
    {
        Kind = kind;
        Memory = MemoryMarshal.AsMemory(data);
        _done = new TaskCompletionSource<DisconnectResult>(connection.Stack.TaskOptions);
    }

    public Task<DisconnectResult> Result => _done.Task;

    protected override void OnDone(NdisStatus status, long bytes) =>
        _done.TrySetResult(new DisconnectResult(status, Connection.Acknowledged));
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
