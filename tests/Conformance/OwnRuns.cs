namespace ChimneyActors.Conformance.Tests;

/// <summary>The product under its own kit, played once for all specs.</summary>
internal static class OwnRuns
{
    private static readonly Lazy<ConformanceResult> OnSimulated = new(() => Play(ReferenceTarget.Simulated));
    private static readonly Lazy<ConformanceResult> OnKernel = new(() => Play(ReferenceTarget.Kernel));

    /// <summary>The result on a target.</summary>
    public static ConformanceResult On(ReferenceTarget target) =>
        target == ReferenceTarget.Simulated ? OnSimulated.Value : OnKernel.Value;

    private static ConformanceResult Play(ReferenceTarget target) => new ConformanceRun { Target = target }.Play();
}
