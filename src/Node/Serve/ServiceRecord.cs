using System.Net;
using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Serve;

/// <summary>What became of one connection of a service.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Client">The client's address.</param>
/// <param name="End">How it ended.</param>
/// <param name="Detail">Why, if there is more to say.</param>
/// <param name="Received">Bytes received.</param>
/// <param name="Acknowledged">Bytes sent that the client acknowledged.</param>
/// <param name="Milliseconds">How long it lived.</param>
internal sealed record ServiceRecord(
    long Id, EndPoint? Client, SessionEnd End, string? Detail, long Received, long Acknowledged, long Milliseconds);
