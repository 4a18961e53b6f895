using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Embedding;

/// <summary>Neighbors, paths, and connections on them.</summary>
public sealed partial class Binding
{
    /// <summary>Whether the adapter takes neighbors and paths now. If not, what is done with them stays with the host,
    /// and connections are offloaded without.</summary>
    public bool TakesStateObjects => _node.Lower.TakesStateObjects;

    internal HostNetwork Network { get; }

    /// <summary>A next hop of this adapter.</summary>
    /// <param name="destination">Its MAC address, 6 bytes.</param>
    /// <param name="vlanId">VLAN of its packets, 1 to 4094; 0 for the interface's.</param>
    /// <param name="source">Source MAC address of packets to it; null for the interface's own.</param>
    /// <param name="user">Asks it whether it is there; null if nobody can.</param>
    /// <exception cref="ArgumentException">A value is outside of its range.</exception>
    public Neighbor NewNeighbor(
        PhysicalAddress destination, int vlanId = 0, PhysicalAddress? source = null, INeighborUser? user = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var state = new NeighborOffloadState
        {
            Const = new() { SourceAddress = source, VlanId = vlanId },
            Cached = new() { DestinationAddress = destination },
        };
        state.Const.Check();
        state.Cached.Check();
        return new Neighbor(Network, state, user);
    }

    /// <summary>A path over a next hop.</summary>
    /// <param name="neighbor">One of this binding.</param>
    /// <param name="source">Source IP address.</param>
    /// <param name="destination">Destination IP address, of the same family.</param>
    /// <param name="pathMtu">Bytes of the largest packet, 576 to 65,535.</param>
    /// <exception cref="ArgumentException">A value is outside of its range.</exception>
    public NetworkPath NewPath(Neighbor neighbor, IPAddress source, IPAddress destination, int pathMtu)
    {
        ArgumentNullException.ThrowIfNull(neighbor);
        if (neighbor.Network != Network)
            throw new ArgumentException("A neighbor of another binding.", nameof(neighbor));
        var state = new PathOffloadState
        {
            Const = new PathOffloadStateConst(source, destination),
            Cached = new() { PathMtu = pathMtu },
        };
        state.Const.Check();
        state.Cached.Check();
        return Network.Add(neighbor, state);
    }

    /// <summary>Hands a connected socket to the target, on a path that the host knows: the path and its neighbor are
    /// offloaded with the first connection, shared by the others, and taken back after the last.</summary>
    /// <param name="socket">A connected TCP socket, between the addresses of the path.</param>
    /// <param name="path">One of <see cref="NewPath"/>, of this binding.</param>
    /// <param name="user">Is told of data, FIN and abort.</param>
    /// <param name="affinity">Connections with the same number work together.</param>
    /// <exception cref="OffloadException">The target did not take it, or its path, or its neighbor; the socket is still
    /// the caller's.</exception>
    public Task<OffloadedConnection> OffloadAsync(
        Socket socket, NetworkPath path, IConnectionUser? user = null, int? affinity = null) =>
        OffloadAsync(new UploadResult(socket, default, default, false), path, user, affinity);

    /// <summary>Hands an uploaded connection back to a target, on a path that the host knows.</summary>
    /// <param name="uploaded">What <see cref="OffloadedConnection.UploadAsync"/> gave; its socket must be
    /// there.</param>
    /// <param name="path">As above.</param>
    /// <param name="user">As above.</param>
    /// <param name="affinity">As above.</param>
    public async Task<OffloadedConnection> OffloadAsync(
        UploadResult uploaded, NetworkPath path, IConnectionUser? user = null, int? affinity = null)
    {
        ArgumentNullException.ThrowIfNull(uploaded.Socket);
        ArgumentNullException.ThrowIfNull(path);
        CheckOptions(uploaded.Socket);
        (OffloadedConnection connection, Task<OffloadOutcome> initiate) =
            BeginOffload(uploaded, path, user, null, affinity);
        OffloadOutcome done = await initiate.ConfigureAwait(false);
        return done.Status == NdisStatus.Success ? connection : throw new OffloadException(done.Status, done.Refusal);
    }

    /// <summary>The same on any path, or on none.</summary>
    internal (OffloadedConnection Connection, Task<OffloadOutcome> Initiate) BeginOffload(
        UploadResult uploaded, NetworkPath? path, IConnectionUser? user, Action<TcpUploadReason>? uploadWanted,
        int? affinity = null, FourTuple? ends = null)
    {
        if (path is not null && path.Network != Network)
            throw new ArgumentException("A path of another binding.", nameof(path));
        var connection = new OffloadedConnection(_stack, _edge, user) { OnUploadWanted = uploadWanted };
        OffloadBlock block = BlockOf(uploaded, affinity, ends);
        return (connection, path is not null && TakesStateObjects
            ? Network.OffloadAsync(path, block, connection)
            : OffloadOutcome.Of(Begin(connection, block)));
    }

    /// <summary>A tree of blocks for this binding; what is new in it still needs its owners.</summary>
    internal TreePost NewTree(OffloadOperation operation, OffloadBlock root) => new(_stack, _edge, operation, root);

    /// <summary>A connection that will be offloaded as a block of a tree.</summary>
    internal OffloadedConnection NewConnection(IConnectionUser? user) => new(_stack, _edge, user);
}
