using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>What a target of the seeded world does wrong by itself.</summary>
internal enum SeverHabit
{
    /// <summary>Lets go at once.</summary>
    Prompt,

    /// <summary>Lets go later, by its own step.</summary>
    Late,

    /// <summary>Lets go after so much time that it may have been given up on.</summary>
    Slow,

    /// <summary>Never lets go.</summary>
    Never,

    /// <summary>Fails, and never lets go.</summary>
    Throws,
}

/// <summary>A target without threads or a network: it queues what is submitted, and executes it step by step as the
/// seed says. Keeps its own record.</summary>
internal sealed partial class SeededTarget(
    SeededRandom random, SeededClock clock, SeededTrace trace, Dictionary<Socket, SeededPeer> peers) : IOffloadTarget
{
    private readonly Dictionary<OffloadHandle, SeededWire> _wires = [];
    private readonly List<SeededWire> _order = [];
    private readonly List<Action> _ready = [];
    private readonly List<SeededWire> _lost = [];   // kept for ever, with all that was submitted
    private const int SpentMax = 64;
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(9);
    private readonly List<Claim> _spent = [];
    private int _next;
    private readonly List<Action> _severs = [];

    /// <summary>How the next sever goes; drawn from the seed.</summary>
    public Func<SeverHabit> Severing { get; set; } = () => SeverHabit.Prompt;

    /// <summary>Whether something went wrong on purpose that may be why a request took another way.</summary>
    public Func<bool> IsExcused { get; set; } = () => false;

    /// <summary>Of a hundred initiates, so many fail.</summary>
    public int RefusesPercent { get; set; }

    /// <summary>Of a hundred steps, so many begin with a claim that was used before.</summary>
    public int StalePercent { get; set; }

    /// <summary>Of a hundred sends, so many are said to be acknowledged with a wrong number of bytes.</summary>
    public int MiscountPercent { get; set; }

    /// <summary>Wrong counts.</summary>
    public Miscounts Miscounts { get; init; } = new();

    /// <summary>A planted break: a send is reported before the peer has it.</summary>
    public bool ReportsEarly { get; set; }

    /// <summary>A planted break: now and then a request is forgotten.</summary>
    public bool Forgets { get; set; }

    /// <summary>How many severs were not answered in time, or never.</summary>
    public int BadSevers { get; private set; }

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities => new(1 << 20, Upload: true, TakesForwards) { StateObjects = true };

    /// <summary>Whether it takes raw segments.</summary>
    public bool TakesForwards { get; set; }

    /// <summary>What went wrong here that nobody else can see; null if nothing did.</summary>
    public string? Wrong
    {
        get => field ?? _objectOrder.Select(one => one.Wrong).FirstOrDefault(wrong => wrong is not null);
        private set;
    }

    /// <summary>What was done.</summary>
    public TargetRecord Record { get; init; } = new();

    internal SeededRandom Random => random;

    internal SeededClock Clock => clock;

    internal SeededTrace Trace => trace;

    /// <summary>Whether there is a step to take now.</summary>
    public bool CanStep => _severs.Count > 0 || _order.Exists(wire => wire.CanStep)
        || _objectOrder.Exists(one => one.CanStep);

    /// <summary>Whether nothing goes wrong by itself any more: no stalls, resets or wishes.</summary>
    public bool IsCalm { get; set; }

    /// <summary>Whether the adapter is out of its slot.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The adapter is pulled out, and put back some time later. Every connection of it is lost.</summary>
    public void Vanish()
    {
        trace.Write($"the adapter is gone");
        IsGone = true;
        foreach (SeededWire wire in _order.ToArray())
            wire.Reset();
        foreach (SeededObject one in _objectOrder.ToArray())
            one.Break();
        clock.At(TimeSpan.FromMilliseconds(random.Between(1, 100)), null, () => IsGone = false);
    }

    /// <summary>Speaks up for some connection far more often than it should.</summary>
    public void Flood()
    {
        if (_order.Count > 0)
            _order[random.Below(_order.Count)].Wish(random.Between(50, 200));
    }

    /// <summary>Remembers a claim that is being used: it is good for once.</summary>
    public void Spend(Claim claim)
    {
        if (_spent.Count < SpentMax)
            _spent.Add(claim);
        else
            _spent[_next++ % SpentMax] = claim;
    }

    /// <summary>Completes again what was completed long ago, as a target with a fault would. Nobody may care.</summary>
    private void UseAgain()
    {
        Claim old = _spent[random.Below(_spent.Count)];
        CustodyState before = old.Parcel.Custody.State;
        if (old.IsOpen || old.TryComplete(NdisStatus.Failure, 0))
            Wrong ??= $"a claim was good once more, on {old.Parcel.Describe()}, {before} before";
    }

    /// <summary>Takes one step, somewhere.</summary>
    public void Step()
    {
        if (_lost.Count > 0 && random.Percent(20))
            _lost[random.Below(_lost.Count)].Scribble();
        if (_spent.Count > 0 && random.Percent(StalePercent))
            UseAgain();
        _ready.Clear();
        foreach (SeededWire wire in _order)
            if (wire.CanStep)
                _ready.Add(wire.Step);
        foreach (SeededObject one in _objectOrder)
            if (one.CanStep)
                _ready.Add(one.Step);
        if (_severs.Count > 0 && (_ready.Count == 0 || random.Percent(30)))
        {
            Action sever = _severs[random.Below(_severs.Count)];
            _severs.Remove(sever);
            sever();
        }
        else if (_ready.Count > 0)
            _ready[random.Below(_ready.Count)]();
    }

    /// <inheritdoc/>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (SubmitToObject(request, upcalls))
            return;
        if (request is InitiateOffload { Block: { } block })
        {
            var wire = new SeededWire(this, request.Connection, block, peers[block.Socket!]);
            _wires[request.Connection] = wire;
            _order.Add(wire);
        }
        SeededWire asked = _wires[request.Connection];
        if (!Forgets || request is not TcpOffloadSend || !asked.Peer.Random.Percent(10))
            asked.Submit(request, upcalls);
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        if (answer is NeighborReachabilityAnswer)
            FindObject(answer.Connection)?.Answer();
        else if (_wires.TryGetValue(answer.Connection, out SeededWire? wire))
            wire.Answer(answer, upcalls);
        else if (answer is TcpOffloadReceiveRefused refused)
            upcalls.ReceivePool.Return((NetBufferList)refused.Flight.Head);
    }

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        SeverHabit habit = Severing();
        trace.Write($"sever {habit}");
        if (FindObject(connection) is { } one)
        {
            SeverObject(one, upcalls);
            return;
        }
        if (!_wires.TryGetValue(connection, out SeededWire? wire) || habit == SeverHabit.Prompt)
        {
            LetGo(connection, upcalls);
            return;
        }
        wire.Peer.IsLetGo = false;
        switch (habit)
        {
            case SeverHabit.Late:
                LetGoLater(wire, connection, upcalls);
                break;
            case SeverHabit.Slow:
                BadSevers++;
                wire.Peer.IsLost = true;
                clock.At(TimeSpan.FromSeconds(random.Between(1, 20)), null, () => LetGo(connection, upcalls));
                break;
            default:
                BadSevers++;
                wire.Peer.IsLost = true;
                Remove(wire);
                _lost.Add(wire);
                if (habit == SeverHabit.Throws)
                    throw new InvalidOperationException("The target cannot sever.");
                break;
        }
    }

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        (_wires.TryGetValue(connection, out SeededWire? wire) && wire.Has(parcel, flight))
        || FindObject(connection)?.Has(parcel, flight) == true
            ? RequestProgress.WaitingForPeer
            : RequestProgress.Unknown;

    internal void Remove(SeededWire wire)
    {
        _order.Remove(wire);
        _wires.Remove(wire.Handle);
        wire.Gone();
    }

    private void LetGoLater(SeededWire wire, OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        bool done = false;
        clock.At(PatienceMax, null, () =>
        {
            if (done)
                return;
            BadSevers++;
            wire.Peer.IsLost = true;
        });
        _severs.Add(() =>
        {
            done = true;
            LetGo(connection, upcalls);
        });
    }

    private void LetGo(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        Severed severed = new(connection, default, TcpConnectionState.Closed, null, default, 0, false);
        if (_wires.TryGetValue(connection, out SeededWire? wire))
        {
            severed = wire.Forget();
            wire.Peer.IsLetGo = true;
            Remove(wire);
        }
        upcalls.Indicate(severed);
    }
}
