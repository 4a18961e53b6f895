using System.Net.Sockets;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Network;

namespace ChimneyActors.Node.Relay;

/// <summary>Serves a connected socket.</summary>
/// <param name="socket">From now on the connection's own.</param>
/// <param name="user">Is told of data, FIN and abort.</param>
/// <param name="affinity">The same for both sides of a pair.</param>
internal delegate Task<ResilientConnection> OpenConnection(Socket socket, IConnectionUser user, int affinity);

/// <summary>What all pairs of a relay share.</summary>
/// <param name="Front">Serves clients' connections.</param>
/// <param name="Back">Serves upstream connections.</param>
/// <param name="Connector">Makes upstream connections.</param>
/// <param name="IdleMilliseconds">Idle time-out; 0 for never.</param>
/// <param name="LingerMilliseconds">How long a peer may take to answer our close.</param>
/// <param name="DrainMilliseconds">How long a pair may take that a draining adapter wants to be rid of.</param>
/// <param name="IsDraining">Whether the adapter that has an upstream connection is draining.</param>
/// <param name="OnMoved">Told of every connection that was taken back and offloaded again, and how long that
/// took.</param>
/// <param name="OnEnded">Told of every pair that ended, once.</param>
/// <param name="AbortAll">Ends the attempts to connect, when all pairs are aborted.</param>
internal sealed record RelayContext(
    OpenConnection Front, OpenConnection Back, UpstreamConnector Connector,
    long IdleMilliseconds, long LingerMilliseconds,
    long DrainMilliseconds, Func<Socket, bool> IsDraining, Action<TimeSpan> OnMoved,
    Action<RelayPair, RelayRecord> OnEnded, CancellationToken AbortAll);
