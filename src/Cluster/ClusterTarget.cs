using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Hosts;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Cluster.Placement;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster;

/// <summary>A target whose NIC is another node: each connection is made and served by an adapter elsewhere in the
/// cluster, with that node's own stack.</summary>
/// <remarks>
/// <see cref="ConnectAsync(IPEndPoint, string, CancellationToken)"/> makes a connection there and gives its name, a
/// socket that is connected to nothing here; it is offloaded, uploaded and offloaded again like any other. What a send
/// or disconnect answers means what the adapter's target says it means: SUCCESS when the peer's TCP has acknowledged
/// every byte, and the FIN. A socket of this machine cannot be offloaded here (OFFLOAD_CONNECTION_REJECTED).
/// <para>Losing an adapter is surprise removal: its connections say that they were aborted, everything outstanding
/// completes with REQUEST_ABORTED, once. Disposing of the target loses all.</para>
/// </remarks>
public sealed class ClusterTarget : IOffloadTarget, IAsyncDisposable
{
    private static int _count;
    private readonly ConcurrentDictionary<OffloadHandle, RemoteConnection> _table = new();
    private readonly Lock _gate = new();
    private readonly Queue<Stray> _strays = new();
    private readonly ulong _host = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly IActorRef _root;
    private long _lastEpoch;
    private long _lastKey;
    private long _fenced;
    private bool _isOver;

    /// <summary>A target for the adapters of the system's cluster.</summary>
    /// <param name="system">Made with <see cref="ClusterSettings.Reference"/> as a fallback of its
    /// configuration.</param>
    /// <exception cref="ChimneySettingsException">A setting is not lawful, or the fallback is missing.</exception>
    public ClusterTarget(ActorSystem system)
        : this(system, ClusterSettings.From((system ?? throw new ArgumentNullException(nameof(system)))
            .Settings.Config), new LinkTransport())
    {
    }

    internal ClusterTarget(ActorSystem system, ClusterSettings settings, LinkTransport transport)
    {
        RequireSerializer(system);
        Settings = settings;
        Transport = transport;
        _root = system.ActorOf(Props.Create(() => new HostRootActor(this)), string.Create(
            CultureInfo.InvariantCulture, $"chimney-host-{Interlocked.Increment(ref _count)}"));
    }

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities => new(Settings.ConnectionsMax, Upload: true, Forward: false);

    /// <summary>Connections here, those included whose terminate has not come yet.</summary>
    public int Connections => _table.Count;

    /// <summary>Words of adapters that came too late: about connections that had been ended already, because the
    /// adapter counted as lost.</summary>
    public long LateFenced => Interlocked.Read(ref _fenced);

    /// <summary>The adapters now.</summary>
    public IReadOnlyList<AdapterView> Adapters =>
    [
        .. Nodes.All.Select(static one => new AdapterView(
            one.Node.ToString(), one.Link is not null, one.IsReachable, one.IsDraining, one.Link?.Sockets ?? 0,
            (int)(one.Link?.Load.Connections ?? 0), (int)(one.Link?.Load.ConnectionsMax ?? 0))),
    ];

    internal ClusterSettings Settings { get; }

    internal LinkTransport Transport { get; }

    internal AdapterNodes Nodes { get; } = new();

    /// <summary>The actor that hears what the cluster says of adapters.</summary>
    internal IActorRef Root => _root;

    /// <summary>Connects a socket from the node of any adapter.</summary>
    /// <param name="remote">Where to, as the adapter's node understands it.</param>
    /// <param name="cancellation">Gives the attempt up.</param>
    /// <returns>The name of the connection, and the caller's until it is offloaded: disposing of it ends the
    /// connection.</returns>
    /// <exception cref="SocketException">The peer cannot be reached, or there is no adapter
    /// (<see cref="SocketError.HostUnreachable"/>).</exception>
    public Task<Socket> ConnectAsync(IPEndPoint remote, CancellationToken cancellation = default) =>
        ConnectAsync(remote, Interlocked.Increment(ref _lastKey).ToString(CultureInfo.InvariantCulture), cancellation);

    /// <summary>Connects a socket from the node of an adapter.</summary>
    /// <param name="remote">Where to, as the adapter's node understands it.</param>
    /// <param name="key">Connections with the same key go to the same adapter, as long as it is there and not much
    /// busier than others.</param>
    /// <param name="cancellation">Gives the attempt up.</param>
    /// <returns>As above.</returns>
    /// <exception cref="SocketException">As above.</exception>
    public async Task<Socket> ConnectAsync(IPEndPoint remote, string key, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(key);
        List<Address> asked = [];
        ConnectAnswer? last = null;
        while (Nodes.Choose(key, asked) is { Link: { } link } chosen)
        {
            cancellation.ThrowIfCancellationRequested();
            asked.Add(chosen.Node);
            var done = new TaskCompletionSource<ConnectAnswer>(Transport.Tasks);
            if (!link.Connect(remote, done))
                continue;
            using CancellationTokenRegistration giveUp = cancellation.Register(() =>
            {
                if (done.TrySetCanceled(cancellation))
                    link.CancelConnect(done);
            });
            last = await done.Task.ConfigureAwait(false);
            if (last.Socket is not null)
                return last.Socket;
            if (!last.MayTryElsewhere)
                break;
        }

        throw new SocketException((int)(last?.Error ?? SocketError.HostUnreachable),
            last?.Text ?? "no adapter of the cluster is there to connect");
    }

    /// <summary>Whether the adapter that has a connection takes no more and wants to be rid of those it has.</summary>
    /// <param name="socket">From ConnectAsync; any other gives false.</param>
    public bool IsDraining(Socket socket) => socket is RemoteSocket remote
        && Nodes.All.Any(one => ReferenceEquals(one.Link, remote.Link) && one.IsDraining);

    /// <summary>The node whose adapter has a connection; null for a socket that is not from ConnectAsync, or whose
    /// adapter is lost.</summary>
    /// <param name="socket">The name of the connection.</param>
    public string? NodeOf(Socket socket) => socket is RemoteSocket remote
        ? Nodes.All.FirstOrDefault(one => ReferenceEquals(one.Link, remote.Link))?.Node.ToString()
        : null;

    /// <inheritdoc/>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(upcalls);
        NdisStatus admission = NdisStatus.Failure;
        RemoteConnection? connection = request is InitiateOffload initiate
            ? Admit(initiate, out admission)
            : _table.GetValueOrDefault(request.Connection);
        if (connection is null)
        {
            Post(new Stray(request, upcalls, NdisStatus.UploadInProgress, admission));
            return;
        }

        int left = request.Flight.Count;
        for (Parcel? parcel = request.Flight.Head; parcel is not null && left > 0; parcel = parcel.Next, left--)
            parcel.MiniportReserved = connection;
        if (connection.Link.Post(connection, request, upcalls))
            return;
        if (request is InitiateOffload or TerminateOffload)
            Forget(connection);
        Post(new Stray(request, upcalls, NdisStatus.RequestAborted,
            request is InitiateOffload ? NdisStatus.OffloadConnectionRejected : NdisStatus.Failure));
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(upcalls);
        if (!_table.TryGetValue(answer.Connection, out RemoteConnection? connection)
            || !connection.Link.Post(connection, answer, upcalls))
            Strays.Answer(answer, upcalls, NdisStatus.RequestAborted);
    }

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        ArgumentNullException.ThrowIfNull(upcalls);
        var signal = new SeverSignal(connection);
        if (_table.TryGetValue(connection, out RemoteConnection? known))
        {
            if (known.Link.Post(known, signal, upcalls))
                return;
            Forget(known);
        }

        Post(new Stray(signal, upcalls, NdisStatus.RequestAborted, NdisStatus.Failure));
    }

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        ArgumentNullException.ThrowIfNull(parcel);
        RemoteConnection? known = _table.GetValueOrDefault(connection);
        object? place = parcel.MiniportReserved;
        Claim now = parcel.Claim();
        if (known is null || place is null || now.Flight != flight || !now.IsOpen)
            return RequestProgress.Unknown;
        if (ReferenceEquals(place, known.SendMark) || ReferenceEquals(place, known.ReceiveMark))
            return RequestProgress.WaitingForPeer;
        return ReferenceEquals(place, known) ? RequestProgress.InProgress : RequestProgress.Unknown;
    }

    /// <summary>Loses all adapters, as if they were removed; completes when everything was answered.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _root.GracefulStop(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            // The system is overloaded, or over: what is left is answered below.
        }

        EndStrays();
    }

    /// <summary>A name for the next link.</summary>
    internal LinkName NextLink() => new(_host, (ulong)Interlocked.Increment(ref _lastEpoch));

    /// <summary>From here on nobody finds the connection.</summary>
    internal void Forget(RemoteConnection connection) =>
        _table.TryRemove(new KeyValuePair<OffloadHandle, RemoteConnection>(connection.Handle, connection));

    internal void CountFenced(int items) => Interlocked.Add(ref _fenced, items);

    /// <summary>Answers what was told of connections that are nowhere. By the root.</summary>
    internal void AnswerStrays()
    {
        while (TryTakeStray(out Stray? stray))
            stray!.Answer();
    }

    /// <summary>There is no root any more: from now on strays are answered at once.</summary>
    internal void EndStrays()
    {
        lock (_gate)
            _isOver = true;
        AnswerStrays();
    }

    private RemoteConnection? Admit(InitiateOffload initiate, out NdisStatus refusal)
    {
        Socket? socket = initiate.Block.Socket;
        refusal = socket is null || socket.SafeHandle.IsClosed
            ? NdisStatus.Failure
            : NdisStatus.OffloadConnectionRejected;
        if (refusal == NdisStatus.Failure || socket is not RemoteSocket remote)
            return null;
        var connection = new RemoteConnection(initiate.Connection, remote.Link, Settings.Host);
        if (_table.Count >= Settings.ConnectionsMax)
            connection.Admission = NdisStatus.OffloadTcpEntries;
        else if (!_table.TryAdd(initiate.Connection, connection))
            connection.Admission = NdisStatus.Failure;
        return connection;
    }

    private void Post(Stray stray)
    {
        bool isOver;
        lock (_gate)
        {
            isOver = _isOver;
            if (!isOver)
                _strays.Enqueue(stray);
        }

        if (isOver)
            stray.Answer();
        else
            _root.Tell(LinkWoken.Instance, ActorRefs.NoSender);
    }

    private bool TryTakeStray(out Stray? stray)
    {
        lock (_gate)
            return _strays.TryDequeue(out stray);
    }

    private static void RequireSerializer(ActorSystem system)
    {
        if (system.Serialization.FindSerializerForType(typeof(LinkMessage)) is not LinkSerializer)
            throw new ChimneySettingsException("setting akka.actor.serialization-bindings: must bind the messages of "
                + "links; make the actor system with ClusterSettings.Reference() as a fallback of its configuration");
    }

    private sealed record Stray(object Message, IOffloadUpcalls Upcalls, NdisStatus OfData, NdisStatus OfState)
    {
        public void Answer() => Strays.Answer(Message, Upcalls, OfData, OfState);
    }
}
