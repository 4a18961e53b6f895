using Xunit.Abstractions;

namespace ChimneyActors.Mutants.Tests;

/// <summary>The seeded world is a net; here it is measured by what it catches.</summary>
public sealed class MutantSpecs(Woven woven, ITestOutputHelper output) : IClassFixture<Woven>
{
    private const int SeedsMax = 2000;
    private const int CleanSeeds = 300;

    public static TheoryData<string> Names => [.. MutantList.All.Select(mutant => mutant.Name)];

    [Fact]
    public void Every_mutant_still_finds_its_place_in_the_product() =>
        woven.Misfits.Select(misfit => $"{misfit.Key}: {misfit.Value}").ShouldBeEmpty();

    [Fact]
    public void With_no_mutant_active_the_woven_product_keeps_every_promise() =>
        woven.Search(null, CleanSeeds).ShouldBe((0, ""));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mutant_is_found(string name)
    {
        (long seed, string finding) = woven.Search(name, SeedsMax);

        seed.ShouldBeGreaterThan(0, $"{SeedsMax} seeds did not find it: {MutantList.Named(name)}");
        output.WriteLine($"seed {seed}: {finding}");
    }
}
