using System.Net.Sockets;
using ChimneyActors.Buffers;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What is below simulated adapters: lines with their peers, and one virtual time for all.</summary>
/// <remarks>
/// It has no thread and no clock: somebody drives it. What the stack asks of a target waits here, from whatever thread
/// it came, until <see cref="Step"/> or <see cref="Advance"/> is called; completions and indications are given from
/// there and from nowhere else, so a target never speaks from inside Submit. Everything that happens follows from the
/// seed, the plans and the order of the calls.
/// <para>A world takes one step at a time and chooses which; who only wants it to go on calls
/// <see cref="Advance"/>, and asks <see cref="NextDue"/> when to call again. Of several threads that call one drives
/// and the others wait.</para>
/// </remarks>
internal sealed class SimulatedNetwork : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<SimulatedLane> _ready = [];
    private readonly Dictionary<Socket, SimulatedLine> _bySocket = [];
    private readonly List<SimulatedLine> _lines = [];
    private readonly SeededChance _chance;

    internal SimulatedNetwork(int seed) : this(new SeededChance(seed))
    {
    }

    /// <summary>A network whose luck comes from elsewhere.</summary>
    internal SimulatedNetwork(SeededChance chance) => _chance = chance;

    /// <summary>Held by whoever drives, or touches a line or a peer.</summary>
    internal Lock Driving { get; } = new();

    /// <summary>Told when something waits for a turn, on the thread that brought it: for drivers that sleep.</summary>
    internal Action? Woken { get; set; }

    /// <summary>The virtual time.</summary>
    internal TimeSpan Now { get; private set; }

    /// <summary>Every line, in the order of connecting.</summary>
    internal IReadOnlyList<SimulatedLine> Lines => _lines;

    /// <summary>How many connections have something to do that needs no time; each is a choice of
    /// <see cref="Step"/>.</summary>
    internal int Ready
    {
        get
        {
            lock (_gate)
                return _ready.Count;
        }
    }

    /// <summary>When to call <see cref="Advance"/> next: now if something is ready, else at the next arrival of a
    /// segment or the next timer; null for not before something is asked.</summary>
    internal TimeSpan? NextDue => Ready > 0 ? Now : NextEvent;

    /// <summary>When something happens by itself next, by the passing of time alone; null for never.</summary>
    internal TimeSpan? NextEvent
    {
        get
        {
            lock (Driving)
            {
                TimeSpan? next = null;
                foreach (SimulatedLine line in _lines)
                    next = line.NextDue is { } due && !(next <= due) ? due : next;
                return next;
            }
        }
    }

    /// <summary>Makes a connection that is the host's and can be offloaded, with a peer at its other end.</summary>
    internal SimulatedLine Connect(SimulatedLinePlan? plan = null)
    {
        lock (Driving)
        {
            var line = new SimulatedLine(this, plan ?? new SimulatedLinePlan(), _chance);
            _bySocket.Add(line.Socket, line);
            _lines.Add(line);
            return line;
        }
    }

    /// <summary>The line that a socket names.</summary>
    internal SimulatedLine? Find(Socket socket) => _bySocket.GetValueOrDefault(socket);

    /// <summary>Lets one connection do one thing.</summary>
    /// <param name="which">From 0 to below <see cref="Ready"/>.</param>
    internal void Step(int which = 0)
    {
        lock (Driving)
        {
            SimulatedLane lane;
            lock (_gate)
            {
                lane = _ready[which];
                _ready.RemoveAt(which);
                lane.IsQueued = false;
            }

            if (TryTake(lane, out var told))
                lane.Take(told.Message, told.Sender);
            else if (TakesTurn(lane))
                lane.Run();
            while (lane.IsGone && TryTake(lane, out told))
                lane.Take(told.Message, told.Sender);
            lock (_gate)
                Enqueue(lane);
        }
    }

    /// <summary>Lets time pass: segments arrive, timers expire. What follows from it for the connections is ready
    /// afterwards, and not done.</summary>
    internal void Tick(TimeSpan to)
    {
        lock (Driving)
        {
            Now = to > Now ? to : Now;
            foreach (SimulatedLine line in _lines)
                line.Tick();
        }
    }

    /// <summary>Lets time pass and does everything that is due until then, in the order of its time.</summary>
    internal void Advance(TimeSpan to)
    {
        lock (Driving)
        {
            StepAll();
            while (NextEvent is { } due && due <= to)
            {
                Tick(due);
                StepAll();
            }

            Tick(to);
            StepAll();
        }
    }

    /// <summary>Lets go of the sockets.</summary>
    public void Dispose()
    {
        lock (Driving)
            _lines.ForEach(static line => line.Socket.Dispose());
    }

    /// <summary>Tells a lane something; from any thread. <see cref="Wake"/> is to be called afterwards, without
    /// locks.</summary>
    internal void Post(SimulatedLane lane, object message, Ndis.IOffloadUpcalls? sender)
    {
        lock (_gate)
        {
            lane.Inbox.Enqueue((message, sender));
            Enqueue(lane);
        }
    }

    /// <summary>Gives a lane a turn.</summary>
    internal void WantTurn(SimulatedLane lane)
    {
        lock (_gate)
        {
            lane.WantsTurn = true;
            Enqueue(lane);
        }
    }

    internal void Wake() => Woken?.Invoke();

    internal bool TryTake(SimulatedLane lane, out (object Message, Ndis.IOffloadUpcalls? Sender) told)
    {
        lock (_gate)
            return lane.Inbox.TryDequeue(out told);
    }

    private bool TakesTurn(SimulatedLane lane)
    {
        lock (_gate)
        {
            bool wanted = lane.WantsTurn;
            lane.WantsTurn = false;
            return wanted;
        }
    }

    private void StepAll()
    {
        while (Ready > 0)
            Step();
    }

    private void Enqueue(SimulatedLane lane)
    {
        if (lane.IsQueued || (lane.Inbox.Count == 0 && !lane.WantsTurn))
            return;
        lane.IsQueued = true;
        _ready.Add(lane);
    }
}
