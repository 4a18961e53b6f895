using Xunit.Abstractions;

namespace ChimneyActors.Mutants.Tests;

/// <summary>The seeded world is a net; here it is measured by what it catches.</summary>
public sealed class MutantSpecs(Woven woven, ITestOutputHelper output) : IClassFixture<Woven>
{
    private const int SeedsMax = 2000;
    private const int ShrinkRunsMax = 1500;
    private const int CleanSeeds = 300;

    /// <summary>What shows a mutant must become this small to be read.</summary>
    private const int EventsMax = 30;

    /// <summary>To shrink those that take long, and to look whether holes are still holes, takes many
    /// minutes.</summary>
    private static readonly bool All = Environment.GetEnvironmentVariable("CHIMNEY_MUTANTS") == "all";

    public static TheoryData<string> Names => [.. MutantList.All.Select(mutant => mutant.Name)];

    [Fact]
    public void Every_mutant_still_finds_its_place_in_the_product() =>
        woven.Misfits.Select(misfit => $"{misfit.Key}: {misfit.Value}").ShouldBeEmpty();

    [Fact]
    public void With_no_mutant_active_the_woven_product_keeps_every_promise() =>
        woven.Search(null, CleanSeeds).Finding.ShouldBe("");

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mutant_is_found(string name)
    {
        Mutant mutant = MutantList.Named(name);
        bool isLarge = MutantList.Large.ContainsKey(name);

        Catch caught = woven.Search(name, SeedsMax, isLarge && !All ? 0 : ShrinkRunsMax, EventsMax);

        output.WriteLine($"{caught}");
        caught.Seed.ShouldBeGreaterThan(0, $"{SeedsMax} seeds did not find it: {mutant}");
        if (!isLarge)
            caught.Events.ShouldBeInRange(1, EventsMax - 1, $"what shows it was not shrunk so far: {mutant}");
    }

    [Fact]
    public void What_may_be_larger_is_a_mutant_and_is_larger()
    {
        MutantList.Large.Keys.Except(MutantList.All.Select(mutant => mutant.Name)).ShouldBeEmpty();
        MutantList.Large.Values.ShouldAllBe(events => events >= EventsMax);
    }

    [Fact]
    public void Every_hole_says_why_it_is_one() =>
        MutantList.Holes.Where(hole => hole.Because.Length == 0).ShouldBeEmpty();

    /// <summary>Only with CHIMNEY_MUTANTS=all: each takes all seeds.</summary>
    [Fact]
    public void What_is_listed_as_a_hole_is_one() =>
        MutantList.Holes.Where(hole => All && !hole.Spins)
            .Select(hole => (hole.Name, woven.Search(hole.Name, SeedsMax).Seed))
            .Where(hole => hole.Seed > 0).ShouldBeEmpty("found now: these belong among the mutants");
}
