namespace ChimneyActors.Cluster;

/// <summary>What one node of the cluster answered.</summary>
/// <param name="Node">Its address.</param>
/// <param name="Text">The answer; null if there is none.</param>
/// <param name="Failure">Why not.</param>
public sealed record NodeAnswer(string Node, string? Text, string? Failure);
