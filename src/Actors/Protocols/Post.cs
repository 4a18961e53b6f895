using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>One send, receive, forward or disconnect on its way to the binding, and the promise behind it.</summary>
/// <remarks>Until a NET_BUFFER_LIST carries it, it answers for itself when it is lost; afterwards custody
/// does.</remarks>
internal abstract class Post(BindingConnection connection, OffloadOperation operation) : Ticket, IBindingCommand
{
    private BindingConnection _connection = connection;
    private readonly byte _operation = (byte)operation;     // a user has one of these for each request: small
    private readonly byte _kind;
    private bool _posting;
    private bool _lostMeanwhile;

    /// <summary>The connection.</summary>
    public BindingConnection Connection => _connection;

    /// <summary>Send, receive, forward or disconnect.</summary>
    public OffloadOperation Operation => (OffloadOperation)_operation;

    /// <summary>Data to send, or space to receive into. Lent until the answer.</summary>
    public Memory<byte> Memory { get; set; }

    /// <summary>Whether the data lies in <see cref="Pieces"/> instead.</summary>
    public bool IsGathered { get; init; }

    /// <summary>Data to send that lies in several pieces.</summary>
    public virtual IReadOnlyList<ReadOnlyMemory<byte>> Pieces => [];

    /// <summary>Bytes of data, or of space.</summary>
    public long Length => IsGathered ? Pieces.Sum(piece => (long)piece.Length) : Memory.Length;

    /// <summary>For a receive: bytes of data that the host's buffer holds in front of the space.</summary>
    public int BytesFilled { get; set; }

    /// <summary>Position in the stream, given when it is posted: a lost post leaves a gap that is seen.</summary>
    public long StreamOffset { get; set; }

    /// <summary>For a disconnect.</summary>
    public DisconnectKind Kind
    {
        get => (DisconnectKind)_kind;
        init => _kind = (byte)value;
    }

    /// <summary>For a receive: only when full.</summary>
    public bool NoPush { get; set; }

    /// <summary>The next member of a chain.</summary>
    public Post? Next { get; set; }

    /// <summary>Whether a list carries it, or the binding's queue: both outlive the binding's actor.</summary>
    public bool IsSafe { get; set; }

    /// <summary>Whether it may not wait behind others: it frees what they wait for.</summary>
    public bool IsUrgent => Operation == OffloadOperation.Disconnect && Kind == DisconnectKind.Abortive;

    /// <summary>From here to <see cref="EndPosting"/> it is not answered on this thread. Both under the connection's
    /// lock of posts: another thread does not hold it, and answers at once.</summary>
    public void BeginPosting() => _posting = true;

    /// <summary>True: it was lost meanwhile, and the caller says so when it has left the lock.</summary>
    public bool EndPosting()
    {
        _posting = false;
        return _lostMeanwhile;
    }

    /// <summary>It is no longer wanted, if it still waits in its binding (LIFE-16). To be called when it was posted,
    /// from any thread.</summary>
    public void Cancel()
    {
        BindingConnection? connection = _connection;    // none any more once its result was read
        connection?.Binding.Tell(new CancelNotice(this), null);
    }

    /// <summary>Whether nobody but its user knows it any more: the binding landed it, which was done with it before,
    /// and lets go of what it lands. Whoever else answers may leave it in a mailbox or in somebody's hand.</summary>
    protected bool IsOver { get; private set; }

    /// <summary>Makes it ready for another request.</summary>
    protected void Renew(BindingConnection connection)
    {
        Reopen();
        _connection = connection;
        StreamOffset = 0;
        IsSafe = false;
        IsOver = false;
        _lostMeanwhile = false;
    }

    /// <summary>It keeps nothing of a request that is over: neither its connection nor its memory.</summary>
    protected void Forget()
    {
        _connection = null!;
        Memory = default;
        Next = null;
    }

    /// <inheritdoc/>
    public void Lost()
    {
        if (_posting && Monitor.IsEntered(_connection.PostLock))
        {
            _lostMeanwhile = true;
            return;
        }
        for (Post? post = this; post is not null; post = post.Next)
            if (!post.IsSafe)
                post.Refuse(_connection.Stack.Stopping ? NdisStatus.RequestAborted : NdisStatus.UploadInProgress);
    }

    /// <inheritdoc/>
    public void Keep(bool isKept)
    {
        for (Post? post = this; post is not null; post = post.Next)
            post.IsSafe = isKept;
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
            _connection.Stack.OnUserError?.Invoke(exception);
        }
    }

    /// <inheritdoc/>
    protected sealed override void OnAnswered(in Landed landed)
    {
        if (Operation == OffloadOperation.Receive)
            _connection.AddReceived(landed.Bytes, landed.AtHome);
        else if (Operation != OffloadOperation.Forward)
            _connection.AddAcknowledged(landed.Bytes, landed.AtHome);
        IsOver = landed.AtHome;
        OnDone(landed.Status, landed.Bytes);
    }

    /// <summary>Tells the user. Must not block.</summary>
    protected abstract void OnDone(NdisStatus status, long bytes);
}

/// <summary>A state operation on its way to the binding.</summary>
internal sealed class StatePost(BindingConnection connection, OffloadOperation operation, OffloadBlock block)
    : Ticket, IBindingCommand
{
    private readonly TaskCompletionSource<OffloadBlock> _done = new();

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
        Refuse(NdisStatus.Failure);
    }

    /// <inheritdoc/>
    public void Keep(bool isKept) => IsSafe = isKept;

    /// <summary>Answers without a journey.</summary>
    public void Refuse(NdisStatus status)
    {
        block.Status = status;
        block.BroughtHome = true;
        TryAnswer(new Landed(operation, status, 0, true, block));
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
            StateOwner.Forget(connection.Stack, entry);
        }
        else if (operation == OffloadOperation.Initiate)
            connection.IsOffloaded = true;
        TaskEnd<OffloadBlock>.Soon(connection.Stack, _done, block);
    }
}

/// <summary>To a binding: the terminate of a connection follows when what was asked of its state before is answered;
/// what is posted from here on comes after it (TERM-04).</summary>
internal sealed record LeaveNotice(BindingConnection Connection) : IBindingCommand
{
    /// <inheritdoc/>
    public void Lost() => Connection.Leaving = true;

    /// <inheritdoc/>
    public void Keep(bool isKept)
    {
        // Said twice it means the same.
    }
}
