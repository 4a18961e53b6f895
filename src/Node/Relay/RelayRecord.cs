using System.Net;
using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Relay;

/// <summary>What became of one pair.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Client">The client's address.</param>
/// <param name="Upstream">The upstream.</param>
/// <param name="End">How it ended.</param>
/// <param name="Detail">Why, if there is more to say.</param>
/// <param name="FromClient">Bytes received from the client.</param>
/// <param name="UpstreamAcknowledged">Bytes of them that the upstream acknowledged.</param>
/// <param name="FromUpstream">Bytes received from the upstream.</param>
/// <param name="ClientAcknowledged">Bytes of them that the client acknowledged.</param>
/// <param name="Discarded">Bytes received that nobody could have any more.</param>
/// <param name="Milliseconds">How long it lived.</param>
internal sealed record RelayRecord(
    long Id, EndPoint? Client, string Upstream, SessionEnd End, string? Detail, long FromClient,
    long UpstreamAcknowledged, long FromUpstream, long ClientAcknowledged, long Discarded, long Milliseconds);
