namespace ChimneyActors.Conformance.Tests;

/// <summary>Every intermediate driver of ours keeps the rules that a stack of plain ones keeps.</summary>
public sealed class OwnDriverSpecs
{
    /// <summary>Real time and real threads are for those where they could make a difference.</summary>
    private static readonly string[] OnSockets = ["team", "throttle"];

    public static TheoryData<string, ReferenceTarget> Cases()
    {
        var cases = new TheoryData<string, ReferenceTarget>();
        foreach (string driver in ConformanceSubject.OwnDrivers)
            cases.Add(driver, ReferenceTarget.Simulated);
        foreach (string driver in OnSockets)
            cases.Add(driver, ReferenceTarget.Kernel);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_keeps_the_contract(string driver, ReferenceTarget target)
    {
        ConformanceResult result = new ConformanceRun
        {
            Subject = ConformanceSubject.OfOwnDriver(driver),
            Target = target,
            Seeds = 1,
        }.Play();

        result.IsGood.ShouldBeTrue(string.Join("\n", result.ToLines()));
        result.Upheld.ShouldBe(OwnRuns.On(target).Upheld, string.Join("\n", result.ToLines()));
    }

    [Fact]
    public void A_driver_that_we_do_not_have_is_refused() =>
        Should.Throw<ArgumentException>(() => ConformanceSubject.OfOwnDriver("turbo")).Message
            .ShouldContain("mux, team, capture, throttle, filter");
}
