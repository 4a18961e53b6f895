using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>One send, receive or disconnect on its way to the binding, and the promise behind it.</summary>
/// <remarks>Until a NET_BUFFER_LIST carries it, it answers for itself when it is lost; afterwards custody
/// does.</remarks>
internal abstract class Post(BindingConnection connection, OffloadOperation operation) : Ticket, IBindingCommand
{
    private const int Posting = 1;
    private const int LostMeanwhile = 2;
    private readonly byte _operation = (byte)operation;     // a user has one of these for each request: small
    private readonly byte _kind;
    private int _posting;

    /// <summary>The connection.</summary>
    public BindingConnection Connection => connection;

    /// <summary>Send, receive or disconnect.</summary>
    public OffloadOperation Operation => (OffloadOperation)_operation;

    /// <summary>Data to send, or space to receive into. Lent until the answer.</summary>
    public Memory<byte> Memory { get; init; }

    /// <summary>Position in the stream, given when it is posted: a lost post leaves a gap that is seen.</summary>
    public long StreamOffset { get; set; }

    /// <summary>For a disconnect.</summary>
    public DisconnectKind Kind
    {
        get => (DisconnectKind)_kind;
        init => _kind = (byte)value;
    }

    /// <summary>For a receive: only when full.</summary>
    public bool NoPush { get; init; }

    /// <summary>The next member of a chain.</summary>
    public Post? Next { get; set; }

    /// <summary>Whether a list carries it, or the binding's queue: both outlive the binding's actor.</summary>
    public bool IsSafe { get; set; }

    /// <summary>Whether it may not wait behind others: it frees what they wait for.</summary>
    public bool IsUrgent => Operation == OffloadOperation.Disconnect && Kind == DisconnectKind.Abortive;

    /// <summary>From here to <see cref="EndPosting"/> it is not answered on this thread: the caller holds its
    /// lock.</summary>
    public void BeginPosting() => _posting = Posting;

    /// <summary>True: it was lost meanwhile.</summary>
    public bool EndPosting() => Interlocked.Exchange(ref _posting, 0) == LostMeanwhile;

    /// <inheritdoc/>
    public void Lost()
    {
        if (Interlocked.CompareExchange(ref _posting, LostMeanwhile, Posting) != 0)
            return;     // whoever posts it does the rest when it has left its lock
        for (Post? post = this; post is not null; post = post.Next)
            if (!post.IsSafe)
                post.Refuse(connection.Stack.Stopping ? NdisStatus.RequestAborted : NdisStatus.UploadInProgress);
    }

    /// <summary>Answers without a journey.</summary>
    public void Refuse(NdisStatus status)
    {
        try
        {
            TryAnswer(new Landed(Operation, status, 0, true, null));
        }
        catch (Exception exception)
        {
            connection.Stack.OnUserError?.Invoke(exception);
        }
    }

    /// <inheritdoc/>
    protected sealed override void OnAnswered(in Landed landed)
    {
        if (Operation == OffloadOperation.Receive)
            connection.AddReceived(landed.Bytes);
        else
            connection.AddAcknowledged(landed.Bytes);
        OnDone(landed.Status, landed.Bytes);
    }

    /// <summary>Tells the user. Must not block.</summary>
    protected abstract void OnDone(NdisStatus status, long bytes);
}

/// <summary>A state operation on its way to the binding.</summary>
internal sealed class StatePost(BindingConnection connection, OffloadOperation operation, OffloadBlock block)
    : Ticket, IBindingCommand
{
    private readonly TaskCompletionSource<OffloadBlock> _done = new(connection.Stack.TaskOptions);

    /// <summary>The connection.</summary>
    public BindingConnection Connection => connection;

    /// <summary>Initiate, terminate, query, update or invalidate.</summary>
    public OffloadOperation Operation => operation;

    /// <summary>The block.</summary>
    public OffloadBlock Block => block;

    /// <summary>Whether the block is on its journey.</summary>
    public bool IsSafe { get; set; }

    /// <summary>The block, completed.</summary>
    public Task<OffloadBlock> Done => _done.Task;

    /// <inheritdoc/>
    public void Lost()
    {
        if (IsSafe)
            return;
        if (operation == OffloadOperation.Terminate && !connection.Stack.Stopping
            && connection.Entry is { Ended: false } entry)
        {
            // A binding between two lives is no reason to lose a connection: it fetches its terminate itself.
            connection.Leaving = true;
            Flight flight = Depart(entry, HolderId.Custodian);
            connection.Stack.Custodian.CarryHome(flight.Head);
            return;
        }
        block.Status = NdisStatus.Failure;
        block.BroughtHome = true;
        TryAnswer(new Landed(operation, NdisStatus.Failure, 0, true, block));
    }

    /// <summary>Sends the block on its journey; from here on custody answers for it.</summary>
    public Flight Depart(ConnectionEntry entry, HolderId sender)
    {
        block.Operation = operation;
        block.Connection = entry.Handle;
        block.ProtocolReserved = this;
        connection.Stack.Blocks[block] = 0;
        connection.Stack.Ledger.CountPosted(1);
        IsSafe = true;
        Flight flight = Flight.Depart(block, sender);
        block.Frames.Push(connection.Binding, null);
        return flight;
    }

    /// <inheritdoc/>
    protected override void OnAnswered(in Landed landed)
    {
        // A terminate that nobody carried out ends nothing: the target still has the connection, and is told to let go
        // of it when its actor ends.
        bool over = operation switch
        {
            OffloadOperation.Terminate => !landed.BroughtHome,
            OffloadOperation.Initiate => landed.Status != NdisStatus.Success,
            _ => false,
        };
        if (over && connection.Entry is { } entry)
        {
            entry.Ended = true;
            connection.Stack.Handles.Remove(entry);
            connection.Stack.Disconnects.Reserve(-2);
        }
        _done.TrySetResult(block);
    }
}
