using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.TestKit;

/// <summary>The workload of one connection: offloads it, posts, disconnects, takes it back, offloads it
/// again.</summary>
internal sealed partial class SeededHost(
    SeededRandom random, SeededTrace trace, IWorldPeer peer, Binding binding, AnswerChecker checker,
    EventChecker events, StackChecker stack, WorldPlan plan, SeededNetwork? network)
    : IConnectionUser
{
    private const int AttemptsMax = 6;
    private const int LifeAttemptsMax = 20;
    private const int RefusalsMax = 20;
    private readonly bool _listens = random.Percent(75);
    private readonly List<ReceivedData> _lent = [];
    private readonly List<Action> _choices = [];
    private readonly List<Action> _rare = [];
    private UploadResult? _place = new(peer.Socket, default, default, false);
    private OffloadedConnection? _connection;
    private Task<OffloadOutcome>? _initiate;
    private Task<OffloadBlock>? _terminate;
    private int _budget = random.Between(1, plan.PostsMax);
    private int _attempts;
    private int _refusals;
    private int _number;
    private int _sending;
    private bool _mustLeave;
    private bool _impatient;
    private bool _patient;
    private bool _postsLate;
    private bool _closing;
    private bool _over;

    /// <summary>Whose data it returns with its own.</summary>
    public SeededHost? Neighbour { get; init; }

    /// <summary>Whether a filter on its way is to refuse it.</summary>
    public bool IsDenied { get; init; }

    /// <summary>Whether somebody leads adapters or bindings through their lives: then connections are asked back, and
    /// offloads fail.</summary>
    public Func<bool> IsMoved { get; init; } = () => false;

    /// <summary>Whether nothing new will come from here.</summary>
    public bool IsWindingDown => _over || _budget == 0;

    /// <summary>Whether it is through.</summary>
    public bool IsDone => _over && _lent.Count == 0 && checker.Open == 0 && _asking == 0;

    /// <summary>Whether there is something to do now.</summary>
    public bool CanAct
    {
        get
        {
            Gather();
            return _choices.Count > 0 || _rare.Count > 0;
        }
    }

    /// <summary>Does one of the things that <see cref="CanAct"/> found.</summary>
    public void Act()
    {
        List<Action> from = _rare.Count > 0 && (_choices.Count == 0 || random.Percent(5)) ? _rare : _choices;
        from[random.Below(from.Count)]();
    }

    /// <summary>Where it stands, for a report.</summary>
    public string Describe() => $"host {peer.Number}: {checker.Open} unanswered, {_lent.Count} lent, budget {_budget}, "
        + $"attempts {_attempts}, over {_over}, initiate {_initiate?.Status}, terminate {_terminate?.Status}";

    /// <summary>Everything is over: a socket is the host's, or closed.</summary>
    public void CheckEnd(Action<string> broken)
    {
        // A stack that ends in the middle of an initiate may have the socket or not.
        if (_initiate is not null)
            return;
        // It may have ended before the host looked, and somebody else may have taken it back.
        if ((_terminate ?? _connection?.Back) is { IsCompleted: true } back)
            HasSocket = back.Result.Socket is not null;
        if ((!peer.IsLost || peer.IsLetGo) && peer.Socket.SafeHandle.IsClosed == HasSocket)
            broken($"{peer.Number}: its socket is {(HasSocket ? "the host's and closed" : "nobody's and open")}");
    }

    /// <summary>Returns what is lent.</summary>
    public void GiveAllBack()
    {
        while (_lent.Count > 0)
            GiveBack();
    }

    /// <summary>A request came home.</summary>
    public void Answered(WorldPost post, NdisStatus status, long bytes)
    {
        trace.Write($"host {peer.Number}: {post.What} answered {status}, {bytes}");
        if (post.Operation != OffloadOperation.Receive)
            _sending--;
        if (post.Operation == OffloadOperation.Forward)
            SegmentAnswered(post, status);
        else
            _mustLeave |= status is not (NdisStatus.Success or NdisStatus.SendAborted);
        if (status == NdisStatus.SendAborted)
            CloseUp(post);
        checker.Answered(post, status, bytes);
        // Whoever posts from a callback is on the thread of a driver.
        if (_connection is not null && _terminate is null && !_mustLeave && _budget > 0 && random.Percent(15))
            Post();
        if (random.Percent(1))
            throw new InvalidOperationException("The host's callback fails; that is nobody else's business.");
    }

    /// <inheritdoc/>
    public void OnReceived(ReceivedData data)
    {
        // After that it hears nothing more until it posts a receive.
        if (!_patient && random.Percent(2))
            throw new InvalidOperationException("The host does not want it.");
        long offset = _connection!.BytesReceived - data.Memory.Length;
        trace.Write($"host {peer.Number}: received {data.Memory.Length} at {offset}");
        if (!_patient && random.Percent(3))
        {
            int taken = random.Below(data.Memory.Length + 1);
            trace.Write($"host {peer.Number}: takes only {taken}");
            checker.Received(offset, data.Memory.Span[..taken]);
            data.TakeOnly(taken);
            if (taken < data.Memory.Length)
                return;
        }
        else
        {
            checker.Received(offset, data.Memory.Span);
        }
        if (random.Percent(50))
            data.Return();
        else
            _lent.Add(data);
    }

    /// <inheritdoc/>
    public void OnPeerClosed()
    {
        trace.Write($"host {peer.Number}: the peer has closed");
        events.PeerClosed(checker.BytesReceived);
    }

    /// <inheritdoc/>
    public void OnAborted()
    {
        trace.Write($"host {peer.Number}: aborted");
        _mustLeave = true;
        events.Aborted();
    }

    /// <summary>Whether the socket is the host's again, or still.</summary>
    public bool HasSocket { get; private set; } = true;

    /// <summary>Whether a host that wants everything the peer says has it.</summary>
    private bool HasAll => peer.IsSilent || (!peer.HasMore && checker.BytesReceived == peer.PeerSent
        && (!peer.PeerFinished || events.IsClosed));

    private void Gather()
    {
        _choices.Clear();
        _rare.Clear();
        if (_lent.Count > 0)
            (KeepsLent ? _rare : _choices).Add(GiveBack);
        if (_over)
            return;
        if (_place is not null)
            GatherOffload();
        else if (_initiate is { IsCompleted: true })
            _choices.Add(Offloaded);
        else if (_terminate is { IsCompleted: true })
            _choices.Add(Uploaded);
        else if (_initiate is null && _terminate is null)
            GatherOpen();
        else if (_terminate is not null && _budget > 0 && _postsLate)
            _choices.Add(Post);     // too late: it is answered all the same
    }

    private void GatherOpen()
    {
        if (_budget > 0 && !_mustLeave)
        {
            _choices.Add(Post);
            _rare.Add(Leave);
            if (plan.Floods)
                _rare.Add(Flood);
        }
        else if (_mustLeave || _impatient || (_sending == 0 && (!_patient || HasAll || checker.IsAborting)))
            _choices.Add(Leave);
    }

    private void GiveBack()
    {
        if (random.Percent(20))
        {
            ReceivedData[] all = [.. _lent, .. Neighbour?._lent ?? []];
            _lent.Clear();
            Neighbour?._lent.Clear();
            ReceivedData.ReturnAll(all);
            return;
        }
        int index = random.Below(_lent.Count);
        ReceivedData data = _lent[index];
        _lent.RemoveAt(index);
        data.Return();
    }

    private void Offload()
    {
        _attempts++;
        trace.Write($"host {peer.Number}: offloads, attempt {_attempts}");
        UploadResult place = _place!;
        _place = null;
        _mustLeave = false;
        _impatient = random.Percent(30);
        _patient = _listens && random.Percent(40);
        HasSocket = false;
        _closedUp = 0;
        LeaveWithSegments();
        events.Offloading();
        _closing = place.FinSent;
        _last = place;
        BeginOffload(place);
    }

    private UploadResult? _last;

    private void Wanted(TcpUploadReason reason)
    {
        trace.Write($"host {peer.Number}: is asked to take it back, {reason}");
        _mustLeave |= OffloadEvents.IsMandatory(reason);
        events.Wanted(MayBeInvalid || checker.WasSentBack);
    }

    private void Offloaded()
    {
        OffloadOutcome done = _initiate!.Result;
        NdisStatus status = done.Status;
        trace.Write($"host {peer.Number}: offloaded {status}");
        _initiate = null;
        _wasRefused = status != NdisStatus.Success;
        events.Offloaded(
            done, IsDenied, MayBeRefused || (plan.ContextsMax > 0 && status == NdisStatus.Resources));
        if (status == NdisStatus.Success)
            return;
        TakeSegmentsBack();
        HasSocket = true;
        _connection = null;
        // Nobody is at work there now; it is tried again, and counts as nothing.
        if (status == NdisStatus.Paused && _refusals++ < RefusalsMax)
            _attempts--;
        GoOn(_last);
    }

    private void Leave()
    {
        trace.Write($"host {peer.Number}: takes it back");
        _postsLate = random.Percent(30);
        checker.Leaving();
        _terminate = _connection!.TerminateAsync();
    }

    private void Uploaded()
    {
        OffloadBlock block = _terminate!.Result;
        stack.Ended(block.Connection);
        trace.Write($"host {peer.Number}: taken back, {block.Status}, {block.Positions}");
        checker.Uploaded(block);
        HasSocket = block.Socket is not null;
        _terminate = null;
        _connection = null;
        TakeSegmentsBack();
        GoOn(block.Socket is null
            ? null
            : new UploadResult(block.Socket, block.Positions, block.BufferedData, block.FinSent));
    }

    private void GoOn(UploadResult? place)
    {
        _over = place is null || _budget == 0 || _attempts >= Attempts;
        _place = _over ? null : place;
        if (_over)
            _budget = 0;
    }

    private void Post()
    {
        _budget--;
        if (random.Percent(plan.ForwardPercent) && peer.TakeSegment() is { } segment)
        {
            Forward(segment);
            return;
        }
        if (random.Percent(plan.AsksPercent))
        {
            Ask();
            return;
        }
        if (plan.CancelPercent > 0 && random.Percent(plan.CancelPercent) && FindUnwanted() is { } send)
        {
            Cancel(send);
            return;
        }
        int kind = random.Below(100);
        if (kind < 62)
            Send();
        else if (!Ends(kind))
            Receive();
        else
            Disconnect(kind < 98 || ThinksBetter() ? DisconnectKind.Graceful : DisconnectKind.Abortive);
    }

    /// <summary>Far more than there is room for.</summary>
    private void Flood()
    {
        for (int left = random.Between(50, 200); left > 0; left--)
            Send();
        _budget--;
    }

    private void Send()
    {
        if (_closing && !random.Percent(10))
        {
            Receive();
            return;
        }
        WorldPost? first = null;
        WorldPost? last = null;
        long at = NextOffset;
        for (int left = random.Percent(30) ? random.Between(2, 4) : 1; left > 0; left--)
        {
            int length = random.Percent(97) ? random.Between(1, 900) : 0;
            WorldPost post = New(OffloadOperation.Send, Data(at, length), default, false);
            at += post.Memory.Length;
            first ??= post;
            if (last is not null)
                last.Next = post;
            last = post;
        }
        if (plan.CancelPercent > 0 && first!.Next is null)
            _cancellable.Add(first);
        Post(first!);
    }

    private void Receive() =>
        Post(New(OffloadOperation.Receive, new byte[random.Between(0, 900)], default, !_patient && random.Percent(30)));

    private void Disconnect(DisconnectKind kind)
    {
        int length = kind == DisconnectKind.Graceful && random.Percent(50) ? random.Between(1, 300) : 0;
        Post(New(OffloadOperation.Disconnect, Data(NextOffset, length), kind, false));
        _closing = true;
        checker.IsAborting |= kind == DisconnectKind.Abortive;
    }

    private int[] Cuts(int length)
    {
        int first = random.UpTo(length + 1) - 1, second = random.UpTo(length + 1) - 1;
        return first < second ? [first, second] : [second, first];
    }

    private WorldPost New(OffloadOperation operation, byte[] memory, DisconnectKind kind, bool noPush)
    {
        bool isCut = operation == OffloadOperation.Send && random.Percent(20);
        var post = new WorldPost(this, _connection!.Core, operation, _number++)
        {
            Memory = memory,
            Cuts = isCut ? Cuts(memory.Length) : null,
            Kind = kind,
            NoPush = noPush,
            IsLate = _closing || _terminate is not null,
            IsBehind = _terminate is not null,
        };
        checker.Posted(post);
        if (operation != OffloadOperation.Receive)
            _sending++;
        return post;
    }

    private void Post(WorldPost chain)
    {
        trace.Write($"host {peer.Number}: posts {chain.What}");
        _connection!.Send(chain);
    }

    private byte[] Data(long at, int length)
    {
        var data = new byte[length];
        for (int i = 0; i < length; i++)
            data[i] = peer.Outgoing(at + i);
        return data;
    }
}
