using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>A target whose connections are Linux TCP sockets.</summary>
/// <remarks>
/// Initiate takes any connected TCP socket, terminate gives it back alive and untouched. A send or graceful disconnect
/// is a success when the peer's TCP has acknowledged it, which the kernel tells. What a socket cannot do: take raw
/// segments (<see cref="OffloadCapabilities.Forward"/> is false), show the PSH flag (a push-mode receive ends when the
/// socket is drained), choose IP ids.
/// <para>Disposing of the target is the surprise removal of an adapter: what is still offloaded is reset, and
/// everything outstanding completes with REQUEST_ABORTED.</para>
/// </remarks>
public sealed class KernelTarget : IOffloadAdapter, IAsyncDisposable
{
    private readonly ConnectionTable _table;
    private readonly KernelTargetSettings _settings;
    private readonly EpollLoop[] _loops;
    private readonly SendGather[] _gathers;
    private readonly StrayHandler[] _strays;
    private IAdapterUpcalls? _upcalls;
    private int _connects;

    /// <summary>A target with default limits.</summary>
    public KernelTarget()
        : this(new KernelTargetSettings())
    {
    }

    /// <summary>A target; its threads start at once.</summary>
    /// <param name="settings">Limits.</param>
    /// <param name="time">The clock of the questions for acknowledgements; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    /// <exception cref="IOException">The kernel gives no epoll descriptors.</exception>
    public KernelTarget(KernelTargetSettings settings, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings.Checked();
        Capabilities = new OffloadCapabilities(settings.ConnectionsMax, Upload: true, Forward: false)
        {
            SupportIPv6ExtensionHeaders = true,
            SupportSack = true,
        };
        _table = new ConnectionTable(settings.ConnectionsMax);
        int loops = settings.LoopsMax;
        _loops = new EpollLoop[loops];
        _gathers = new SendGather[loops];
        _strays = new StrayHandler[loops];
        for (int index = 0; index < loops; index++)
        {
            _loops[index] = new EpollLoop($"kernel-target-{index}", time ?? TimeProvider.System, settings.SpinMax);
            _gathers[index] = new SendGather();
            _strays[index] = new StrayHandler { Loop = _loops[index] };
        }

        _table.Statistics = new KernelStatistics(_loops, _table);
        foreach (EpollLoop loop in _loops)   // only now: a constructor that throws must leave no thread behind
            loop.Start();
    }

    /// <inheritdoc/>
    /// <remarks>It honours none of the parameters: a socket's timers are the kernel's.</remarks>
    public OffloadCapabilities Capabilities { get; }

    /// <summary>Connections here, those included whose terminate has not come yet.</summary>
    public int Connections => _table.Count;

    /// <summary>Connects a TCP socket that the framework does not watch as well: one that it connects asynchronously
    /// would wake its poller and a thread of the pool with every packet of the offloaded connection.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="cancellation">Gives the attempt up.</param>
    /// <returns>A connected socket as any other, and the caller's.</returns>
    /// <exception cref="SocketException">The peer cannot be reached.</exception>
    /// <exception cref="ObjectDisposedException">The target was disposed of meanwhile.</exception>
    public Task<Socket> ConnectAsync(IPEndPoint remote, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        uint turn = (uint)Interlocked.Increment(ref _connects);
        return Connecting.RunAsync(_loops[turn % (uint)_loops.Length], remote, cancellation);
    }

    /// <summary>Number of the loop that serves a connection, or served it last.</summary>
    internal int LoopOf(OffloadHandle connection) => _table.LoopOf(connection);

    /// <inheritdoc/>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(upcalls);
        Flight flight = request.Flight;
        if (flight.Head.Next is { } second && second.Custody.Holder == HolderId.Chain)
            flight.Disperse(upcalls.Holder);   // from here on every member is completed by itself
        KernelConnection? connection = request is InitiateOffload initiate
            ? Admit(initiate)
            : _table.Find(request.Connection);
        if (connection is null)
        {
            StrayHandler stray = _strays[_table.LoopOf(request.Connection)];
            if (!stray.Loop.Post(stray, request, upcalls))
                StrayAnswers.Answer(request, NdisStatus.RequestAborted, upcalls);
            return;
        }

        int left = flight.Count;
        for (Parcel? parcel = flight.Head; parcel is not null && left > 0; parcel = parcel.Next, left--)
            parcel.MiniportReserved = connection;
        if (connection.Loop.Post(connection, request, upcalls))
            return;
        StrayAnswers.Answer(request, NdisStatus.RequestAborted, upcalls);   // the target was disposed of
        if (request is InitiateOffload)
            _table.Remove(connection, socket: null);
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(upcalls);
        KernelConnection? connection = _table.Find(answer.Connection);
        if (connection is null || !connection.Loop.Post(connection, answer, upcalls))
            StrayAnswers.TakeBack(answer, upcalls);
    }

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(upcalls);
        LoopHandler handler = _table.Find(connection) ?? (LoopHandler)_strays[_table.LoopOf(connection)];
        object message = handler is KernelConnection ? ConnectionSignal.Sever.Instance : connection;
        if (!handler.Loop.Post(handler, message, upcalls))
            StrayAnswers.SayNothingLeft(connection, upcalls);
    }

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        ArgumentNullException.ThrowIfNull(parcel);
        KernelConnection? known = _table.Find(connection);
        object? place = parcel.MiniportReserved;
        bool open = parcel.Custody.State == CustodyState.Outstanding && parcel.Custody.Flight == flight;
        if (known is null || place is null || !open)
            return RequestProgress.Unknown;
        if (ReferenceEquals(place, known.SendMark) || ReferenceEquals(place, known.ReceiveMark))
            return RequestProgress.WaitingForPeer;
        return ReferenceEquals(place, known) ? RequestProgress.InProgress : RequestProgress.Unknown;
    }

    /// <inheritdoc/>
    public NdisStatus Initialize(IAdapterUpcalls upcalls)
    {
        _upcalls = upcalls;
        return NdisStatus.Success;
    }

    /// <inheritdoc/>
    /// <remarks>There is no hardware to start anew, and nothing is lost. What is counted for an open request is told
    /// before (LIFE-08).</remarks>
    public NdisStatus Reset() => _table.Statistics.IsIdle(() => _upcalls!.ResetComplete(NdisStatus.Success))
        ? NdisStatus.Success
        : NdisStatus.Pending;

    /// <inheritdoc/>
    /// <remarks>Of TCP it counts what the kernel shows of a socket; packets and errors it does not see. Parameters it
    /// takes note of, and honours none (<see cref="OffloadCapabilities.Honours"/>).</remarks>
    public NdisStatus Request(OidBlock request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Oid switch
        {
            Oid.Tcp4OffloadStatistics => _table.Statistics.Begin(request, isIPv6: false, _upcalls!),
            Oid.Tcp6OffloadStatistics => _table.Statistics.Begin(request, isIPv6: true, _upcalls!),
            Oid.TcpConnectionOffloadParameters => request.Information is TcpConnectionOffloadParameters
                ? NdisStatus.Success
                : NdisStatus.InvalidParameter,
            _ => NdisStatus.NotSupported,
        };
    }

    /// <summary>Removes the adapter; completes when its threads have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (EpollLoop loop in _loops)
            loop.Stop();
        foreach (EpollLoop loop in _loops)
            await loop.Stopped.ConfigureAwait(false);
        foreach (KernelConnection connection in _table.All())
            connection.Abandon();
    }

    private KernelConnection Admit(InitiateOffload initiate)
    {
        // What belongs together is on one loop; else they take turns by slot.
        int wish = initiate.Block.Affinity ?? initiate.Connection.Slot;
        int index = (int)((uint)wish % (uint)_loops.Length);
        var connection = new KernelConnection(
            initiate.Connection, _table, _gathers[index], _settings.IndicationsMax) { Loop = _loops[index] };
        connection.Admission = _table.TryAdd(connection, index);
        return connection;
    }
}
