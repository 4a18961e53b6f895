namespace ChimneyActors.TestKit;

/// <summary>What one seed came to.</summary>
/// <param name="Events">Steps that were taken.</param>
/// <param name="Steps">These, and what only time brought about.</param>
/// <param name="Faults">Faults of the target that were injected.</param>
/// <param name="Deaths">Drivers that died.</param>
/// <param name="Broken">Promises that were broken.</param>
/// <param name="Held">Who held what at the first of them.</param>
/// <param name="IsRazed">Whether the actor system is clean again.</param>
internal sealed record WorldResult(
    long Events, long Steps, long Faults, long Deaths, IReadOnlyList<string> Broken, IReadOnlyList<string> Held,
    bool IsRazed);
