namespace ChimneyActors.Mutants.Tests;

/// <summary>What a hunt came to.</summary>
/// <param name="Seed">The first seed that found it; 0 if none did.</param>
/// <param name="Finding">What was found; of the smallest run, if any was shrunk.</param>
/// <param name="Events">How many events that run has; 0 if none was shrunk.</param>
public sealed record Catch(long Seed, string Finding, long Events);
