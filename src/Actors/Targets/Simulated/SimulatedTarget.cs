using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>A target with a TCP of its own, on the wires of a <see cref="SimulatedNetwork"/>: one adapter.</summary>
/// <remarks>
/// An initiate names its line by the socket, and gives the target the line's state; an upload gives it back, and the
/// connection can be offloaded again, here or to another adapter of the same network. What it answers means what the
/// kernel target's answers mean: SUCCESS of a send or graceful disconnect only when the peer has acknowledged it.
/// <para>Requests may come from any thread. They are executed by whoever drives the network, and answered from there;
/// after <see cref="Remove"/> they are answered at once.</para>
/// </remarks>
internal sealed partial class SimulatedTarget : IOffloadAdapter, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<OffloadHandle, SimulatedConnection> _connections = [];
    private readonly Dictionary<OffloadHandle, SimulatedObject> _objects = [];
    private readonly StrayLane _strays = new();
    private bool _isRemoved;

    /// <summary>An adapter.</summary>
    /// <param name="network">What it is plugged into, and who drives it.</param>
    /// <param name="settings">Limits; null for the usual ones.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    internal SimulatedTarget(SimulatedNetwork network, SimulatedTargetSettings? settings = null)
    {
        Network = network;
        Settings = (settings ?? new SimulatedTargetSettings()).Checked();
        Capabilities = new OffloadCapabilities(Settings.ConnectionsMax, Upload: true, Forward: true)
        {
            StateObjects = true,
            Honours = OffloadParameters.All,
        };
        _ipv4 = new SimulatedCounts(SimulatedLine.HeaderBytesOf(AddressFamily.InterNetwork), Settings.CountsBeforeWrap);
        _ipv6 = new SimulatedCounts(
            SimulatedLine.HeaderBytesOf(AddressFamily.InterNetworkV6), Settings.CountsBeforeWrap);
    }

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities { get; }

    /// <summary>What it is plugged into.</summary>
    internal SimulatedNetwork Network { get; }

    /// <summary>Its limits.</summary>
    internal SimulatedTargetSettings Settings { get; }

    /// <summary>What the neighbors here never change.</summary>
    internal NeighborOffloadStateConst[] Neighbors
    {
        get
        {
            lock (_gate)
                return [.. _objects.Values.OfType<SimulatedNeighbor>().Where(one => one.IsOpen)
                    .Select(one => one.Const)];
        }
    }

    /// <summary>Connections here, those included whose terminate has not come yet.</summary>
    internal int Connections
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <inheritdoc/>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(upcalls);
        Flight flight = request.Flight;
        if (flight.Head.Next is { } second && second.Custody.Holder == HolderId.Chain)
            flight.Disperse(upcalls.Holder);   // from here on every member is completed by itself
        bool posted = Post(
            upcalls, request,
            () => request is InitiateOffload initiate ? Admit(initiate) : FindLane(request.Connection));
        if (!posted)
            StrayAnswers.Answer(request, NdisStatus.RequestAborted, upcalls);
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(upcalls);
        if (!Post(upcalls, answer, () => FindLane(answer.Connection)))
            StrayAnswers.TakeBack(answer, upcalls);
    }

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(upcalls);
        if (!Post(upcalls, new SeverSignal(connection), () => FindLane(connection)))
            StrayAnswers.SayNothingLeft(connection, upcalls);
    }

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        ArgumentNullException.ThrowIfNull(parcel);
        SimulatedLane? lane;
        lock (_gate)
            lane = FindLane(connection);
        object? place = parcel.MiniportReserved;
        bool open = parcel.Custody.State == CustodyState.Outstanding && parcel.Custody.Flight == flight;
        if (lane is null || place is null || !open)
            return RequestProgress.Unknown;
        if (lane is SimulatedConnection known
            && (ReferenceEquals(place, known.SendMark) || ReferenceEquals(place, known.ReceiveMark)))
            return RequestProgress.WaitingForPeer;
        return ReferenceEquals(place, lane) ? RequestProgress.InProgress : RequestProgress.Unknown;
    }

    /// <summary>Surprise removal: the adapter is gone from one moment to the next, and the delegated state of its
    /// connections with it. Every connection says that it was aborted; everything outstanding is completed with
    /// REQUEST_ABORTED, state operations with FAILURE, and so is whatever is asked later. The peers are told
    /// nothing.</summary>
    /// <remarks>Not to be called from inside a completion or an indication. No harm if called again.</remarks>
    internal void Remove()
    {
        lock (Network.Driving)
        {
            SimulatedConnection[] connections;
            SimulatedObject[] objects;
            lock (_gate)
            {
                _isRemoved = true;
                connections = [.. _connections.Values];
                objects = [.. _objects.Values];
                _connections.Clear();
                _objects.Clear();
            }

            foreach (SimulatedConnection connection in connections)
            {
                connection.Vanish();
                while (Network.TryTake(connection, out var told))
                    StrayLane.Refuse(told.Message, told.Sender, NdisStatus.RequestAborted);
            }

            foreach (SimulatedObject one in objects)
            {
                one.Vanish();
                while (Network.TryTake(one, out var told))
                    StrayLane.Refuse(told.Message, told.Sender, NdisStatus.RequestAborted);
            }

            while (Network.TryTake(_strays, out var told))
                StrayLane.Refuse(told.Message, told.Sender, NdisStatus.RequestAborted);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The delegated state goes with it.</remarks>
    public void SurpriseRemoved() => Remove();

    /// <summary>The same as <see cref="Remove"/>: the stack that owns the target has ended.</summary>
    public ValueTask DisposeAsync()
    {
        Remove();
        return ValueTask.CompletedTask;
    }

    /// <summary>From here on nobody finds the connection.</summary>
    internal void Forget(SimulatedConnection connection)
    {
        lock (_gate)
        {
            if (_connections.GetValueOrDefault(connection.Handle) == connection)
                _connections.Remove(connection.Handle);
        }
    }

    /// <summary>The same of a path or neighbor.</summary>
    internal void Forget(SimulatedObject one)
    {
        lock (_gate)
        {
            if (_objects.GetValueOrDefault(one.Handle) == one)
                _objects.Remove(one.Handle);
        }
    }

    /// <summary>A path or neighbor by name; null if it is not here.</summary>
    internal SimulatedObject? FindObject(OffloadHandle handle)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(handle);
    }

    /// <summary>Tells a connection something; false after the removal.</summary>
    internal bool Post(SimulatedConnection connection, object message)
    {
        lock (_gate)
        {
            if (_isRemoved)
                return false;
            Network.Post(connection, message, null);
        }

        Network.Wake();
        return true;
    }

    private bool Post(IOffloadUpcalls upcalls, object message, Func<SimulatedLane?> find)
    {
        lock (_gate)
        {
            if (_isRemoved)
                return false;
            SimulatedLane? lane = find();
            if (lane is not null && message is OffloadRequest { Flight: var flight })
            {
                int left = flight.Count;
                for (Parcel? parcel = flight.Head; parcel is not null && left > 0; parcel = parcel.Next, left--)
                    parcel.MiniportReserved = lane;
            }

            Network.Post(lane ?? _strays, message, upcalls);
        }

        Network.Wake();
        return true;
    }

    private SimulatedLane? FindLane(OffloadHandle handle) =>
        (SimulatedLane?)_connections.GetValueOrDefault(handle) ?? _objects.GetValueOrDefault(handle);

    private SimulatedLane Admit(InitiateOffload initiate) => initiate.Block.Layer switch
    {
        OffloadLayer.Neighbor => Admit(new SimulatedNeighbor(initiate.Connection, this),
            Settings.NeighborsMax, NdisStatus.OffloadNeighborEntries),
        OffloadLayer.Path => Admit(new SimulatedPath(initiate.Connection, this),
            Settings.PathsMax, NdisStatus.OffloadPathEntries),
        _ => AdmitConnection(initiate.Connection),
    };

    private T Admit<T>(T one, int max, NdisStatus withoutRoom)
        where T : SimulatedObject
    {
        if (_objects.Values.OfType<T>().Count() == max)
            one.Admission = withoutRoom;
        else if (!_objects.TryAdd(one.Handle, one))
            one.Admission = NdisStatus.Failure;
        return one;
    }

    private SimulatedConnection AdmitConnection(OffloadHandle handle)
    {
        var connection = new SimulatedConnection(handle, this, Settings.IndicationsMax);
        if (_connections.Count == Settings.ConnectionsMax)
            connection.Admission = NdisStatus.OffloadTcpEntries;
        else if (!_connections.TryAdd(handle, connection))
            connection.Admission = NdisStatus.Failure;
        return connection;
    }
}

/// <summary>Forget the connection and say what is left of it.</summary>
internal sealed record SeverSignal(OffloadHandle Connection);

/// <summary>The pool of indications has a list again.</summary>
internal sealed record ListAgainSignal
{
    internal static readonly ListAgainSignal Instance = new();
}
