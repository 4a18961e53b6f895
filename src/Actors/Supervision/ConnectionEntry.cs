using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Supervision;

/// <summary>All that must outlive the actor of one offloaded connection, path or neighbor.</summary>
/// <remarks>The actor uses it while it lives; whoever brings things home after its death holds <see
/// cref="Lock"/>.</remarks>
/// <param name="handle">Its name.</param>
/// <param name="start">Where every way of the stack begins.</param>
internal sealed class ConnectionEntry(OffloadHandle handle, WayDown start)
{
    private WayDown _wayDown = start;
    private Holdings? _sends;               // each is made when something is parked: most connections are idle
    private Holdings? _receives;
    private Holdings? _stateOperations;
    private Holdings? _lost;
    private bool _isBorn;
    private UndeliveredData? _undelivered;
    private long _oldestSince;
    private int _waitsForLayer;
    private OffloadBlock? _pendingTerminate;
    private Holdings? _forwards;

    /// <summary>Guards the entry when the actor is dead or dying.</summary>
    public object Lock => this;

    /// <summary>The name.</summary>
    public OffloadHandle Handle { get; } = handle;

    /// <summary>Of which layer it is. A path or a neighbor has a lane like a connection's, and no data on it.</summary>
    public OffloadLayer Layer { get; init; }

    /// <summary>Where the connection's actor is now.</summary>
    public Edge Edge { get; } = new(handle);

    /// <summary>The desk of the miniport that has it; null before one has.</summary>
    public MiniportDesk? Desk => Edge.Route?.Instance.Adapter.Desk;

    /// <summary>Its supervisor; set with the first instance.</summary>
    public Edge? Shelf { get; set; }

    /// <summary>The miniport's name, out of that of its shelf.</summary>
    public string Miniport => Shelf?.Name is { } shelf ? shelf[..shelf.LastIndexOf("-shelf-")] : "no miniport";

    /// <summary>The NIC; set with the first instance.</summary>
    public IOffloadTarget? Target { get; set; }

    /// <summary>Requests at the target.</summary>
    public Holdings Sends => _sends ?? Make(ref _sends);

    /// <summary>Posted receives at the target.</summary>
    public Holdings Receives => _receives ?? Make(ref _receives);

    /// <summary>State operations at the target.</summary>
    public Holdings StateOperations => _stateOperations ?? Make(ref _stateOperations);

    /// <summary>Forwarded segments at the target; made when first needed.</summary>
    public Holdings Forwards => _forwards ?? Make(ref _forwards);

    /// <summary>Indications that never reached the host, to be said again in order.</summary>
    public Holdings Lost => _lost ?? Make(ref _lost);

    /// <summary>The oldest indication that waits to be said again.</summary>
    public Parcel? FirstLost => _lost?.First;

    /// <summary>How many sends and disconnects are at the target.</summary>
    public int SendsParked => _sends?.Count ?? 0;

    /// <summary>How many receives are at the target.</summary>
    public int ReceivesParked => _receives?.Count ?? 0;

    /// <summary>The holder id of the last actor; what is parked is held under it.</summary>
    public HolderId Holder { get; set; }

    /// <summary>What the protocol keeps for the connection.</summary>
    public object? ProtocolContext { get; set; }

    /// <summary>What the target gave back when the actor died.</summary>
    public Severed? Remains { get; set; }

    /// <summary>When the target was told to sever, in ticks of the stack's clock; 0 if it was not.</summary>
    public long SeverSince { get; set; }

    /// <summary>Whether the target has taken the connection: from then on only a terminate ends it.</summary>
    public bool Begun { get; set; }

    /// <summary>Whether the offload is over: terminated, or never begun.</summary>
    public bool Ended { get; set; }

    /// <summary>Received data that came back after the actor died.</summary>
    public UndeliveredData Undelivered => _undelivered ??= new UndeliveredData();

    /// <summary>Stream offset behind the last byte that was indicated to the host.</summary>
    public long IndicatedThrough { get; set; }

    /// <summary>Bytes the host has accepted.</summary>
    public long AcceptedThrough { get; set; }

    /// <summary>What the connection said last, for a binding that died before it heard it.</summary>
    public TcpOffloadEvent? SaidDisconnect { get; set; }

    /// <summary>The last upload wish or abort.</summary>
    public TcpOffloadEvent? SaidLast { get; set; }

    /// <summary>Whether its host was told that it has to take it back.</summary>
    public bool MustUpload => SaidLast is { } last && (last.Type == TcpOffloadEventType.Abort
        || OffloadEvents.IsMandatory((TcpUploadReason)last.Information));

    /// <summary>Everything that is parked while its actor lives.</summary>
    public IEnumerable<Holdings> AtTarget
    {
        get
        {
            if (_sends is not null)
                yield return _sends;
            if (_receives is not null)
                yield return _receives;
            if (_forwards is not null)
                yield return _forwards;
            if (_stateOperations is not null)
                yield return _stateOperations;
            if (_lost is not null)
                yield return _lost;
        }
    }

    /// <summary>Whether the target owes a completion.</summary>
    public bool HasParked => _sends is { Count: > 0 } || _receives is { Count: > 0 } || _forwards is { Count: > 0 }
        || _stateOperations is { Count: > 0 };

    /// <summary>The oldest forwarded segment at the target.</summary>
    public Parcel? FirstForward => _forwards?.First;

    /// <summary>The oldest request of data that is still at the target; null if there is none.</summary>
    public Parcel? FirstOfData => _sends?.First ?? _receives?.First ?? _forwards?.First;

    /// <summary>Since when the oldest request has been at the target, for the hang watch; 0 without one.</summary>
    public long OldestSince
    {
        get => Volatile.Read(ref _oldestSince);
        set => Volatile.Write(ref _oldestSince, value);
    }

    /// <summary>Where it stands, for a report.</summary>
    public string Describe()
    {
        string actor = Edge.Current is { } now ? $"actor {now.Holder}" : "no actor";
        string phase = Ended ? "ended" : Remains is not null ? "severed" : SeverSince != 0 ? "being severed"
            : Begun ? "offloaded" : "not begun";
        return $"connection {Handle}, {phase}, {actor}: {SendsParked} sends, {ReceivesParked} receives, "
            + (_forwards is null ? "" : $"{_forwards.Count} forwards, ")
            + $"{_stateOperations?.Count ?? 0} state operations, {_lost?.Count ?? 0} indications to be repeated; "
            + $"received {AcceptedThrough} accepted, {IndicatedThrough} indicated, "
            + $"{Remains?.Positions.Received ?? 0} in the remains"
            + (_pendingTerminate is null ? "" : "; a terminate waits to be fetched");
    }

    /// <summary>A layer joins on the way down of the initiate: the IM offload entry (IM-02).</summary>
    public void Join(Edge layer)
    {
        if (ReferenceEquals(layer, Edge))
            _isBorn = true;
        else if (_wayDown.IndexOf(layer) < 0)
            _wayDown = _wayDown.To(layer);
    }

    /// <summary>The layer above this one, for indications.</summary>
    public Edge? Above(Edge layer)
    {
        WayDown way = _wayDown;
        int index = ReferenceEquals(layer, Edge) ? way.Drivers.Length : way.IndexOf(layer);
        return index > 0 ? way.Drivers[index - 1] : null;
    }

    /// <summary>The layer below this one, for requests.</summary>
    public Edge? Below(Edge layer)
    {
        WayDown way = _wayDown;
        int next = way.IndexOf(layer) + 1;
        return next == 0 ? null : next < way.Drivers.Length ? way.Drivers[next] : _isBorn ? Edge : null;
    }

    /// <summary>Whether all layers above are alive now; if not, the connection is told to look again when one that was
    /// not is in its place.</summary>
    public bool IsOpenAbove(EmptyPlaces places)
    {
        foreach (Edge layer in _wayDown.Drivers)
            if (layer.Current is null && IsStillEmpty(layer, places))
                return false;
        return true;
    }

    // It waits for one at a time, and looks at all of them again when that one is there.
    private bool IsStillEmpty(Edge layer, EmptyPlaces places)
    {
        if (Interlocked.Exchange(ref _waitsForLayer, 1) != 0 || places.IsEmptyFor(layer, this))
            return true;
        Volatile.Write(ref _waitsForLayer, 0);      // it came meanwhile: the next that is missing is waited for anew
        return false;
    }

    /// <summary>A driver above is in its place again.</summary>
    public void TellLayerIsThere()
    {
        if (Interlocked.Exchange(ref _waitsForLayer, 0) != 0)
            Edge.Tell(LookAgain.Instance, null);
    }

    /// <summary>Whether its requests go through this layer.</summary>
    public bool IsThrough(Edge layer) => ReferenceEquals(layer, Edge) || _wayDown.IndexOf(layer) >= 0;

    /// <summary>Whether its requests go over this binding. Of an initiate that is still above, nobody knows over which
    /// of several bindings of a driver it will go: it may be any.</summary>
    public bool IsThrough(BindingNode binding)
    {
        if (!IsThrough(binding.Driver))
            return false;
        if (binding.Owner is null)
            return true;        // a protocol has one
        if (!binding.Lower.IsVirtual && Edge.Route is { } route)
            return route.Instance.Adapter == binding.Lower;
        Edge? below = Below(binding.Driver);
        return below is null || below == binding.Lower.Driver;
    }

    /// <summary>Every layer, from the protocol down.</summary>
    public IReadOnlyList<Edge> Layers => _isBorn ? [.. _wayDown.Drivers, Edge] : [.. _wayDown.Drivers];

    /// <summary>The protocol that owns the connection.</summary>
    public Edge? Top => _wayDown.Drivers is [var top, ..] ? top : null;

    /// <summary>A state operation is finished: what follows from it holds even if it is still on its way to the
    /// host, and whoever carried it dies.</summary>
    public void Settle(OffloadBlock block)
    {
        bool success = block.Status == NdisStatus.Success;
        if (block.Operation == OffloadOperation.Initiate && success)
            Begun = true;
        else if (block.Operation is OffloadOperation.Initiate or OffloadOperation.Terminate)
            Ended = true;
    }

    /// <summary>Leaves a terminate whose way down was cut by a death, for the connection to fetch. The custodian holds
    /// it until then.</summary>
    public void LeaveTerminate(OffloadBlock block)
    {
        lock (Lock)
            _pendingTerminate = block;
    }

    /// <summary>The terminate that was left, held by who fetches it; null if there is none, or somebody else has it.
    /// </summary>
    /// <param name="holder">The connection's actor, or what stands in for it.</param>
    public OffloadBlock? FetchTerminate(HolderId holder)
    {
        OffloadBlock? block;
        lock (Lock)
            (block, _pendingTerminate) = (_pendingTerminate, null);
        if (block is null)
            return null;
        // An auditor at the end of the stack may have taken it in the meantime: the cell decides.
        FlightId flight = block.Custody.Flight;
        bool won = block.Custody.TryMove(
            CustodyState.Outstanding, flight, HolderId.Custodian, CustodyState.Outstanding, flight, holder);
        return won ? block : null;
    }

    // Whoever looks at the connection from another thread may be the first to ask: there must be one.
    private static Holdings Make(ref Holdings? place)
    {
        var made = new Holdings();
        return Interlocked.CompareExchange(ref place, made, null) ?? made;
    }

    /// <summary>The host consumed everything up to there.</summary>
    public void AcceptThrough(long through)
    {
        if (through > AcceptedThrough)
            AcceptedThrough = through;
    }

    /// <summary>What the host returned it had taken, and everything before it, even if the watermark that says so is
    /// still on its way. The target goes on by the return: the next receive counts from here.</summary>
    public void AcceptReturned(NetBufferList list) => AcceptThrough(list.StreamOffset + list.BytesTransferred);

    /// <summary>Refused data is kept for the terminate; the part that the host took counts as accepted.</summary>
    public void TakeBack(NetBufferList list)
    {
        long length = list.FirstNetBuffer.DataLength;
        long taken = Math.Min(list.BytesTransferred, length);
        if (taken > 0)
            AcceptThrough(list.StreamOffset + taken);
        for (long at = taken; at < length;)
        {
            Span<byte> piece = list.FirstNetBuffer.PieceAt(at).Span;
            Undelivered.Add(list.StreamOffset + at, piece);
            at += piece.Length;
        }
    }
}
