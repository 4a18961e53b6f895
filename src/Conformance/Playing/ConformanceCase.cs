using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;

namespace ChimneyActors.Conformance.Playing;

/// <summary>A short play on a stage that asserts some rules.</summary>
/// <param name="Name">A sentence.</param>
/// <param name="PlayAsync">What happens.</param>
/// <param name="Rules">The rules that it asserts, all of them.</param>
internal sealed record ConformanceCase(string Name, Func<Play, Task> PlayAsync, params string[] Rules)
{
    /// <summary>What the stage must be able to do.</summary>
    public Ability Needs { get; init; }

    /// <summary>What the case itself does that is not lawful, to see that it is found: nobody's breach.</summary>
    public VerifierCheck[] Provokes { get; init; } = [];

    /// <summary>How the stage is set up.</summary>
    public StagePlan Plan { get; init; } = StagePlan.Usual;
}

/// <summary>A case cannot go on, because something that must happen has not.</summary>
internal sealed class CaseOverException(string message) : Exception(message);
