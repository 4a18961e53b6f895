using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>A post that ends a task, and is used again when its result was read.</summary>
/// <remarks>Each thread keeps some: who reads a result is likely to post the next request. Whoever awaits goes on in
/// a run of its own, next on the thread that landed the request: never inside a driver, and if it does not come back
/// soon, what waits behind it is given to the pool.</remarks>
internal abstract class TaskPost<TSelf, TResult>(BindingConnection connection, OffloadOperation operation)
    : Post(connection, operation), IValueTaskSource<TResult>, IThreadPoolWorkItem
    where TSelf : TaskPost<TSelf, TResult>
{
    private const int KeptMax = 128;
    private const int Open = 0;
    private const int Awaited = 1;
    private const int Done = 2;

    [ThreadStatic]
    private static Stack<TSelf>? _kept;

    private ManualResetValueTaskSourceCore<TResult> _done;
    private TResult _result = default!;
    private int _side;      // who came first, the result or the one who waits for it

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
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (Interlocked.CompareExchange(ref _side, Awaited, Open) == Done)
        {
            // Its result is being set in a driver's hands this moment, and nobody may go on in there.
            var spin = default(SpinWait);
            while (_done.GetStatus(token) == ValueTaskSourceStatus.Pending)
                spin.SpinOnce();
        }
        _done.OnCompleted(continuation, state, token, flags);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        DriverStack stack = Connection.Stack;   // whoever goes on may post it again before it returns
        try
        {
            _done.SetResult(_result);
        }
        catch (Exception exception)
        {
            stack.OnUserError?.Invoke(exception);
        }
    }

    /// <summary>One that was used before, or null.</summary>
    protected static TSelf? Again(BindingConnection connection)
    {
        if (_kept is null || !_kept.TryPop(out TSelf? post))
            return null;
        post.Renew(connection);
        return post;
    }

    protected sealed override void OnDone(NdisStatus status, long bytes)
    {
        _result = Make(status, bytes);
        // Nobody waits yet, or in a seeded world, where nobody may leave its one thread: no run is needed.
        DriverStack stack = Connection.Stack;
        if (stack.NextTurn is not null || Interlocked.CompareExchange(ref _side, Done, Open) == Open)
            _done.SetResult(_result);
        else
            RunQueue.ExecuteOfUser(this, stack.Settings.ContinueOnTargetThread);
    }

    protected abstract TResult Make(NdisStatus status, long bytes);

    private void Keep()
    {
        _done.Reset();      // whoever asks for the result once more is told that it is wrong
        Forget();
        _side = Open;
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

/// <summary>A send that can be cancelled; used once, because who cancels it may be late.</summary>
internal sealed class CancellablePost : TaskPost<CancellablePost, SendResult>
{
    private object? _registration;      // in a box, which is written in one step
    private int _isDone;

    public CancellablePost(BindingConnection connection, ReadOnlyMemory<byte> data)
        : base(connection, OffloadOperation.Send) => Memory = MemoryMarshal.AsMemory(data);

    /// <summary>Goes by a token from here on; to be called when it was posted.</summary>
    public void CancelBy(CancellationToken cancellation)
    {
        Interlocked.Exchange(ref _registration, cancellation.UnsafeRegister(static post =>
        {
            var send = (CancellablePost)post!;
            if (Volatile.Read(ref send._isDone) == 0)
                send.Cancel();
        }, this));
        if (Volatile.Read(ref _isDone) != 0)
            Unregister();
    }

    protected override SendResult Make(NdisStatus status, long bytes)
    {
        Interlocked.Exchange(ref _isDone, 1);
        Unregister();
        return new SendResult(status, bytes);
    }

    private void Unregister() => (_registration as CancellationTokenRegistration?)?.Unregister();
}

/// <summary>A send whose data lies in several pieces; used once.</summary>
internal sealed class GatherPost : TaskPost<GatherPost, SendResult>
{
    private readonly ReadOnlyMemory<byte>[] _pieces;

    public GatherPost(BindingConnection connection, ReadOnlyMemory<byte>[] pieces)
        : base(connection, OffloadOperation.Send)
    {
        IsGathered = true;
        _pieces = pieces;
    }

    public override IReadOnlyList<ReadOnlyMemory<byte>> Pieces => _pieces;

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
        post.BytesFilled = 0;
        return post;
    }

    protected override ReceiveResult Make(NdisStatus status, long bytes) => new(status, (int)bytes);
}

/// <summary>A connection has few: it ends a task and is not used again.</summary>
internal sealed class DisconnectPost : Post
{
    private readonly TaskCompletionSource<DisconnectResult> _done = new();

    public DisconnectPost(BindingConnection connection, DisconnectKind kind, ReadOnlyMemory<byte> data)
        : base(connection, OffloadOperation.Disconnect)
    {
        Kind = kind;
        Memory = MemoryMarshal.AsMemory(data);
    }

    public Task<DisconnectResult> Result => _done.Task;

    protected override void OnDone(NdisStatus status, long bytes) =>
        TaskEnd<DisconnectResult>.Soon(
            Connection.Stack, _done, new DisconnectResult(status, Connection.Acknowledged));
}

/// <summary>One forwarded segment; ends a task and is not used again.</summary>
internal sealed class ForwardPost : Post
{
    private readonly TaskCompletionSource<NdisStatus> _done;

    public ForwardPost(BindingConnection connection, ReadOnlyMemory<byte> segment)
        : base(connection, OffloadOperation.Forward)
    {
        Memory = MemoryMarshal.AsMemory(segment);
        _done = new TaskCompletionSource<NdisStatus>(connection.Stack.TaskOptions);
    }

    public Task<NdisStatus> Result => _done.Task;

    protected override void OnDone(NdisStatus status, long bytes) => _done.TrySetResult(status);
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
