using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>A state operation over a tree of blocks, on its way to the binding.</summary>
internal sealed class TreePost : Ticket, IBindingCommand
{
    private readonly TaskCompletionSource<OffloadBlock> _done;
    private readonly DriverStack _stack;
    private readonly Edge _binding;

    /// <summary>A tree.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="binding">Where it is told.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="root">The tree; what is not new in it has its handle already.</param>
    /// <exception cref="ArgumentException">It is no tree that can be asked this.</exception>
    public TreePost(DriverStack stack, Edge binding, OffloadOperation operation, OffloadBlock root)
    {
        if (BlockTree.ShapeFault(root, operation) is { } fault)
            throw new ArgumentException($"Not a tree for a {operation}: {fault}.", nameof(root));
        _stack = stack;
        _binding = binding;
        Operation = operation;
        Root = root;
        _done = new TaskCompletionSource<OffloadBlock>(stack.TaskOptions);
    }

    /// <summary>Initiate, terminate, query, update or invalidate.</summary>
    public OffloadOperation Operation { get; }

    /// <summary>The root of the tree.</summary>
    public OffloadBlock Root { get; }

    /// <summary>Initiate: whose each new object is, a <see cref="BindingConnection"/> or an
    /// <see cref="IStateOwner"/>.</summary>
    public Dictionary<OffloadBlock, object> Owners { get; } = [];

    /// <summary>Whether the tree is on its journey.</summary>
    public bool IsSafe { get; private set; }

    /// <summary>The tree, each of its blocks with a status.</summary>
    public Task<OffloadBlock> Done => _done.Task;

    /// <summary>Tells the binding.</summary>
    public Task<OffloadBlock> Post()
    {
        ((IBindingCommand)this).TellTo(_stack, _binding);
        return Done;
    }

    /// <inheritdoc/>
    public void Keep(bool isKept) => IsSafe = isKept;

    /// <inheritdoc/>
    public void Lost()
    {
        if (IsSafe)
            return;
        if (Operation == OffloadOperation.Terminate && !_stack.Stopping)
        {
            // A binding between two lives is no reason to lose anything: the miniport fetches its terminate itself.
            BeginLeaving();
            _stack.Custodian.CarryHome(Depart(HolderId.Custodian).Head);
            return;
        }
        Refuse(NdisStatus.Failure);
    }

    /// <summary>Answers without a journey.</summary>
    public void Refuse(NdisStatus status)
    {
        foreach (OffloadBlock block in BlockTree.BlocksOf(Root))
        {
            block.Status = block.Role == BlockRole.Placeholder ? NdisStatus.Success : status;
            block.BroughtHome = true;
        }
        TryAnswer(new Landed(Operation, Root.Status, 0, true, Root));
    }

    /// <summary>Gives each new object a name.</summary>
    public void Name()
    {
        foreach ((OffloadBlock block, object owner) in Owners)
        {
            ConnectionEntry entry = _stack.Handles.Add(block.Layer);
            entry.ProtocolContext = owner;
            entry.Join(_binding);
            block.Connection = entry.Handle;
            if (owner is BindingConnection connection)
            {
                _stack.Disconnects.Reserve(2);
                connection.Entry = entry;
                connection.Begin(block);
            }
            else
            {
                ((IStateOwner)owner).Entry = entry;
            }
        }
    }

    /// <summary>Nothing is posted on a connection of it any more (TERM-04).</summary>
    /// <returns>The connections.</returns>
    public IEnumerable<BindingConnection> BeginLeaving()
    {
        var leaving = new List<BindingConnection>();
        foreach (OffloadBlock block in BlockTree.BlocksOf(Root))
            if (_stack.Handles.Find(block.Connection)?.ProtocolContext is BindingConnection connection)
            {
                connection.Leaving = true;
                leaving.Add(connection);
            }
        return leaving;
    }

    /// <summary>Sends the tree on its journey; from here on the custody of its root answers for all of it.</summary>
    public Flight Depart(HolderId sender)
    {
        foreach (OffloadBlock block in BlockTree.BlocksOf(Root))
        {
            block.Operation = Operation;
            block.Status = NdisStatus.Pending;
            block.BroughtHome = false;
        }
        Root.ProtocolReserved = this;
        _stack.Blocks[Root] = 0;
        _stack.Ledger.CountPosted(1);
        IsSafe = true;
        Flight flight = Flight.Depart(Root, sender);
        Root.Frames.Push(_binding, null);
        return flight;
    }

    /// <inheritdoc/>
    protected override void OnAnswered(in Landed landed)
    {
        foreach (OffloadBlock block in BlockTree.BlocksOf(Root))
        {
            if (BlockTree.StatusFault(block, Operation) is { } fault)
                _stack.Ledger.Report(VerifierCheck.BlockStatus, _binding.Name, block, default, $"a block {fault}");
            if (block.Role == BlockRole.Subject && _stack.Handles.Find(block.Connection) is { } entry
                && IsOver(block, entry))
                StateOwner.Forget(_stack, entry);
            else if (Operation == OffloadOperation.Initiate
                && Owners.GetValueOrDefault(block) is BindingConnection connection)
                connection.IsOffloaded = BlockTree.IsOffloaded(block.Status);
        }
        _done.TrySetResult(Root);
    }

    /// <summary>A terminate that nobody carried out ends nothing.</summary>
    private bool IsOver(OffloadBlock block, ConnectionEntry entry) => Operation switch
    {
        OffloadOperation.Terminate => entry.Ended,
        OffloadOperation.Initiate => !BlockTree.IsOffloaded(block.Status),
        _ => false,
    };
}
