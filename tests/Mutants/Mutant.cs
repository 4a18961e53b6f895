namespace ChimneyActors.Mutants.Tests;

/// <summary>A mistake that somebody could make in the product.</summary>
/// <param name="Name">For the test's name: what is done instead.</param>
/// <param name="File">Under src/Actors.</param>
/// <param name="Find">Whole statements, or one whole expression, as they stand there; exactly once. How they are broken
/// into lines does not matter.</param>
/// <param name="Replace">What is done instead. Instead of statements it may be nothing.</param>
/// <param name="Breaks">What it breaks.</param>
internal sealed record Mutant(string Name, string File, string Find, string Replace, string Breaks)
{
    /// <summary>Whether it replaces statements, and not an expression.</summary>
    public bool IsStatement => Find[^1] == ';';

    /// <summary>Of a hole: why no seed finds it.</summary>
    public string Because { get; private init; } = "";

    /// <summary>Whether it makes a handler spin for ever.</summary>
    public bool Spins { get; private init; }

    /// <summary>For a hole in the net.</summary>
    public Mutant Lives(string because, bool spins = false) => this with { Because = because, Spins = spins };
}
