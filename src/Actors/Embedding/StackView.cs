using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>Where a connection is between its host and its target.</summary>
public enum OffloadPhase
{
    /// <summary>The initiate is on its way.</summary>
    Offloading,

    /// <summary>In the hands of the target.</summary>
    Offloaded,

    /// <summary>The terminate is on its way.</summary>
    Uploading,

    /// <summary>Its driver died; it waits for the host to take it back.</summary>
    Stranded,
}

/// <summary>One connection of a stack in one moment.</summary>
/// <param name="Connection">Its name in every layer: slot and generation.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Local">Our end; null where the socket has none.</param>
/// <param name="Remote">The peer's end; null where the socket has none, or is closed.</param>
/// <param name="Layers">The drivers its requests pass, from the binding down.</param>
/// <param name="BytesAcknowledged">Bytes the peer acknowledged, as far as completions told.</param>
/// <param name="BytesReceived">Bytes the host has received.</param>
/// <param name="Sends">Sends and disconnects at the target.</param>
/// <param name="Receives">Posted receives at the target.</param>
/// <param name="Asked">Why it asks to be taken back, or that it was aborted; null if it does not.</param>
public sealed record ConnectionView(
    string Connection, OffloadPhase Phase, EndPoint? Local, EndPoint? Remote, IReadOnlyList<string> Layers,
    long BytesAcknowledged, long BytesReceived, int Sends, int Receives, string? Asked);

/// <summary>One request of a stack in one moment.</summary>
/// <param name="Id">Number of what carries it, unique in the process, and of its journey.</param>
/// <param name="Operation">What was asked; a ReceiveIndicate is received data on its way up, or lent to the
/// host.</param>
/// <param name="Connection">On which connection.</param>
/// <param name="StreamOffset">Where its data begins in the stream.</param>
/// <param name="Bytes">How much data it has left.</param>
/// <param name="State">Outstanding: on its way down or at the target. Completed: on its way home.</param>
/// <param name="Holder">Who has it.</param>
/// <param name="WaitsFor">The peer, the target, the host, or the driver that has it.</param>
/// <param name="Path">The drivers it has passed, from the binding down: whoever left a context on it.</param>
/// <param name="Moves">Its last moves of custody: state, flight, holder.</param>
public sealed record RequestView(
    string Id, OffloadOperation Operation, string Connection, long StreamOffset, long Bytes, CustodyState State,
    string Holder, string WaitsFor, string Path, string Moves);

/// <summary>One adapter of a stack in one moment.</summary>
/// <param name="Name">Its name in the stack.</param>
/// <param name="IsVirtual">Whether an intermediate driver makes it up.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Halted">Why it is halted; null while it is not.</param>
/// <param name="Connections">Connections on it, or on all that it stands over.</param>
public sealed record AdapterView(
    string Name, bool IsVirtual, AdapterState State, HaltAction? Halted, int Connections)
{
    internal static AdapterView Of(AdapterNode node) => new(node.Name, node.IsVirtual, node.State,
        node.State == AdapterState.Halted ? node.Current.Why : null, node.Connections);
}

/// <summary>Looks at a stack while others work: each line is true of its own moment.</summary>
internal sealed class StackViewer(DriverStack stack, Edge[] drivers)
{
    /// <summary>The connections, in the order of their slots.</summary>
    public IEnumerable<ConnectionView> Connections() => stack.Handles.All().Select(View);

    /// <summary>What is out.</summary>
    public IEnumerable<RequestView> Requests()
    {
        Dictionary<HolderId, (string Name, bool IsConnection)> holders = Holders();
        return Out().Select(parcel => View(parcel, holders));
    }

    /// <summary>What is out of an adapter or a binding that something is being done to.</summary>
    public IEnumerable<RequestView> Held(LifeOperation operation)
    {
        Dictionary<HolderId, (string Name, bool IsConnection)> holders = Holders();
        return Out().Where(parcel => IsOf(parcel, operation)).Select(parcel => View(parcel, holders));
    }

    /// <summary>A request, and the driver that answers for it: of what is with a connection, its miniport.</summary>
    public (RequestView View, string Driver) Blame(Parcel parcel)
    {
        Dictionary<HolderId, (string Name, bool IsConnection)> holders = Holders();
        RequestView view = View(parcel, holders);
        bool isWithConnection = holders.TryGetValue(parcel.Custody.Holder, out (string, bool IsConnection) holder)
            && holder.IsConnection;
        return (view, isWithConnection ? stack.Handles.Find(parcel.Connection)?.Miniport ?? view.Holder : view.Holder);
    }

    private bool IsOf(Parcel parcel, LifeOperation operation) =>
        operation.Binding is { } binding ? IsOf(parcel, binding) : IsOf(parcel, operation.Instance!);

    /// <summary>Whether what is out goes over a binding.</summary>
    public bool IsOf(Parcel parcel, BindingNode binding) =>
        stack.Handles.Find(parcel.Connection)?.IsThrough(binding) == true
        || (parcel.ProtocolReserved as OidPost)?.Binding == binding.Driver;

    /// <summary>Whether what is out goes over an adapter.</summary>
    public bool IsOf(Parcel parcel, AdapterInstance adapter)
    {
        ConnectionEntry? entry = stack.Handles.Find(parcel.Connection);
        if (adapter.Adapter.IsVirtual)
            return entry?.IsThrough(adapter.Adapter.Driver) == true;
        if (ReferenceEquals(parcel.ParkedIn, adapter.Oids.Waiting))
            return true;
        // Of lent data the connection may be over.
        Edge? connection = entry?.Edge ?? parcel.Frames.Owner as Edge;
        return connection?.Route?.Instance == adapter;
    }

    /// <summary>What is out, as parcels.</summary>
    public IEnumerable<Parcel> Out() => stack.Blocks.Keys.Concat<Parcel>(stack.Oids.Keys)
        .Concat(stack.Pools.SelectMany(pool => pool.Audit())
        .Where(list => list.Custody.State is not (CustodyState.Free or CustodyState.Rented)));

    private Dictionary<HolderId, (string Name, bool IsConnection)> Holders()
    {
        var holders = new Dictionary<HolderId, (string, bool)>
        {
            [stack.Lender] = ("the host", false),
            [HolderId.Custodian] = ("the custodian", false),
            [HolderId.Chain] = ("who has the head of its chain", false),
        };
        foreach (Edge driver in drivers)
            if (driver.Current is { } now)
                holders[now.Holder] = (driver.Name, false);
        foreach (ConnectionEntry entry in stack.Handles.All())
            if (entry.Edge.Current is { } now)
                holders[now.Holder] = (entry.Edge.Name, true);
        return holders;
    }

    private static ConnectionView View(ConnectionEntry entry)
    {
        var binding = entry.ProtocolContext as BindingConnection;
        Socket? socket = binding?.Socket;
        return new ConnectionView(
            entry.Handle.ToString(), PhaseOf(entry, binding),
            Try(() => socket?.LocalEndPoint), Try(() => socket?.RemoteEndPoint),
            [.. entry.Layers.Select(layer => layer.Name)],
            binding?.Acknowledged ?? 0, binding?.Received ?? 0, entry.SendsParked, entry.ReceivesParked,
            entry.SaidLast switch
            {
                null => null,
                { Type: TcpOffloadEventType.Abort } => "Abort",
                { Information: var reason } => ((TcpUploadReason)reason).ToString(),
            });
    }

    private static OffloadPhase PhaseOf(ConnectionEntry entry, BindingConnection? binding) =>
        entry.Remains is not null || entry.SeverSince != 0 ? OffloadPhase.Stranded
        : binding?.Leaving == true ? OffloadPhase.Uploading
        : entry.Begun ? OffloadPhase.Offloaded : OffloadPhase.Offloading;

    private RequestView View(Parcel parcel, Dictionary<HolderId, (string Name, bool IsConnection)> holders)
    {
        bool isKnown = holders.TryGetValue(parcel.Custody.Holder, out (string Name, bool IsConnection) holder);
        bool atTarget = isKnown && holder.IsConnection && parcel.ParkedIn is not null;
        string name = isKnown ? holder.Name : "an actor that is gone";
        return new RequestView(
            string.Create(null, $"{parcel.Id}.{parcel.Custody.Flight.Value}"), parcel.Operation,
            parcel.Connection.ToString(), parcel.StreamOffset, (parcel as NetBufferList)?.DataLength ?? 0,
            parcel.Custody.State, atTarget ? $"{name}, at the target" : name,
            atTarget ? WaitsFor(parcel) : name, parcel.Frames.ToString(), parcel.Custody.Describe());
    }

    private string WaitsFor(Parcel parcel) =>
        stack.Handles.Find(parcel.Connection)?.Target?.Probe(parcel.Connection, parcel, parcel.Custody.Flight) switch
        {
            RequestProgress.WaitingForPeer => "the peer",
            RequestProgress.InProgress => "the target",
            _ => "nobody: the target does not know it",
        };

    private static EndPoint? Try(Func<EndPoint?> ask)
    {
        try
        {
            return ask();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
