using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets;

/// <summary>How a faulty target speaks up for one connection: in order, except where the plan wants it
/// otherwise.</summary>
internal sealed class FaultyLane(FaultyTarget target, OffloadHandle connection, IOffloadUpcalls upper)
    : IOffloadUpcalls
{
    private const int LatestMilliseconds = 20;
    private readonly Lock _lock = new();
    private readonly Queue<OffloadMessage> _held = new();
    private readonly List<InjectedFault> _faults = [];
    private InjectedFault? _late;
    private ITimer? _timer;
    private bool _closed;

    public HolderId Holder => upper.Holder;

    public NetBufferListPool ReceivePool => upper.ReceivePool;

    /// <summary>The connection.</summary>
    public OffloadHandle Connection => connection;

    /// <summary>Who is really told.</summary>
    public IOffloadUpcalls Upper => upper;

    /// <summary>Whether nobody listens any more.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    public void Complete(OffloadCompletion completion)
    {
        lock (_lock)
        {
            if (_late is not null)
                _held.Enqueue(completion);
            else if (_closed || target.Plan.DrawForCompletion(out double luck) is not { } kind)
                Tell(completion);
            else
                Do(kind, completion, luck);
        }
    }

    public void Indicate(OffloadIndication indication)
    {
        lock (_lock)
        {
            if (_late is not null)
                _held.Enqueue(indication);
            else
                Tell(indication);
        }
    }

    /// <summary>Remembers a fault until the connection is over.</summary>
    public void Note(InjectedFault fault)
    {
        lock (_lock)
        {
            _faults.RemoveAll(old => old.State != FaultState.Injected);
            _faults.Add(fault);
        }
    }

    /// <summary>Whether a request's completion is held back here: the target inside has forgotten it already.</summary>
    public bool Holds(Parcel parcel)
    {
        lock (_lock)
            return _held.Any(message => message is OffloadCompletion completion && Carries(completion, parcel));
    }

    /// <summary>The connection's actor is gone. What is held back is told to it all the same: received data that nobody
    /// is told of would be lost, but what is told to the dead is taken care of.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_late is { } late)
                target.Plan.Overtake(late);
            Drain();
            Volatile.Write(ref _closed, true);
            foreach (InjectedFault fault in _faults)
                // That it was severed is what the stack does about a throw.
                if (fault.Kind == FaultKind.Thrown)
                    target.Plan.Observe(fault);
                else
                    target.Plan.Overtake(fault);
            _faults.Clear();
        }
    }

    private void Do(FaultKind kind, OffloadCompletion completion, double luck)
    {
        FaultyLane? stranger = kind == FaultKind.Foreign ? target.Stranger(this, luck) : null;
        // Nobody is left to see the second copy of a last word.
        if ((kind == FaultKind.Foreign && stranger is null) || (kind == FaultKind.Doubled && IsLast(completion)))
            kind = FaultKind.Late;
        InjectedFault fault = target.Plan.Inject(kind, upper.Holder, completion.Flight);
        switch (kind)
        {
            case FaultKind.Late:
                _late = fault;
                _held.Enqueue(completion);
                double wait = 1 + (luck * 4 % 1 * LatestMilliseconds);
                _timer = target.Time.CreateTimer(
                    static lane => ((FaultyLane)lane!).TellLate(), this,
                    TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
                break;
            case FaultKind.Doubled:
                Note(fault);
                Tell(completion);
                Tell(completion);
                break;
            case FaultKind.Foreign:
                Note(fault);
                stranger!.Upper.Complete(completion);
                break;
            default:
                Note(fault);
                break;
        }
    }

    private void TellLate()
    {
        lock (_lock)
        {
            if (_late is not { } late)
                return;
            Drain();
            target.Plan.Observe(late);
        }
    }

    private void Drain()
    {
        _late = null;
        _timer?.Dispose();
        _timer = null;
        while (_held.TryDequeue(out OffloadMessage? message))
            Tell(message);
    }

    private void Tell(OffloadMessage message)
    {
        if (message is OffloadIndication indication)
        {
            upper.Indicate(indication);
            return;
        }
        var completion = (OffloadCompletion)message;
        bool last = IsLast(completion);
        upper.Complete(completion);
        if (!last)
            return;
        Volatile.Write(ref _closed, true);
        // With a fault still open it stays known: if the actor dies over its last messages, the sever ends the fault.
        if (_faults.TrueForAll(fault => fault.State != FaultState.Injected))
            target.Forget(this);
    }

    private static bool IsLast(OffloadCompletion completion) => completion.Flight.Head.Operation switch
    {
        OffloadOperation.Terminate => true,
        OffloadOperation.Initiate => completion.Flight.Head.Status != NdisStatus.Success,
        _ => false,
    };

    private static bool Carries(OffloadCompletion completion, Parcel wanted)
    {
        Parcel? parcel = completion.Flight.Head;
        for (int left = completion.Flight.Count; left > 0 && parcel is not null; left--, parcel = parcel.Next)
            if (parcel == wanted)
                return true;
        return false;
    }
}
