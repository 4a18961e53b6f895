namespace ChimneyActors.Conformance.Tests;

/// <summary>The product keeps the contract, as far as the kit can tell.</summary>
public sealed class ConformanceRunSpecs
{
    [Theory]
    [InlineData(ReferenceTarget.Simulated)]
    [InlineData(ReferenceTarget.Kernel)]
    public void Nothing_is_breached_and_nothing_is_absent(ReferenceTarget target)
    {
        ConformanceResult result = OwnRuns.On(target);

        result.Rules.Where(rule => rule.Verdict == RuleVerdict.Breached)
            .SelectMany(rule => rule.Breaches.Take(1).Select(breach =>
                $"{rule.Rule.Id} in '{breach.Case}' by {breach.Driver}: {breach.Detail}\n"
                + string.Join("\n", breach.Trace)))
            .ShouldBeEmpty();
        result.Rules.Where(rule => rule.Verdict == RuleVerdict.Absent).Select(rule => rule.Rule.Id).ShouldBeEmpty();
        result.Rules.Count.ShouldBe(417);
        result.Rules.Where(rule => rule.Verdict == RuleVerdict.Open).Select(rule => $"{rule.Rule.Id}: {rule.Reason}")
            .ShouldBeEmpty();
        (result.Upheld + result.NotApplicable).ShouldBe(417);
        result.ByArea.Sum(area => area.Rules).ShouldBe(417);
    }

    [Theory]
    [InlineData(ReferenceTarget.Simulated)]
    [InlineData(ReferenceTarget.Kernel)]
    public void Every_case_comes_to_every_rule_that_it_promises(ReferenceTarget target) =>
        OwnRuns.On(target).Rules.Where(rule => rule.Reason.Contains("did not get so far"))
            .Select(rule => rule.Reason).ShouldBeEmpty();

    [Fact]
    public void Whatever_is_not_upheld_has_a_reason() =>
        OwnRuns.On(ReferenceTarget.Simulated).Rules.Concat(OwnRuns.On(ReferenceTarget.Kernel).Rules)
            .Where(rule => rule.Verdict is RuleVerdict.NotApplicable or RuleVerdict.Open)
            .ShouldAllBe(rule => rule.Reason.Length > 5);

    [Fact]
    public void What_is_upheld_was_asserted_by_a_case_that_is_named() =>
        OwnRuns.On(ReferenceTarget.Simulated).Rules.Where(rule => rule.Verdict == RuleVerdict.Upheld)
            .ShouldAllBe(rule => rule.Checks > 0 && rule.Cases.Count > 0);

    [Fact]
    public void The_same_seed_gives_the_same_result()
    {
        string[] Lines() =>
        [
            .. new ConformanceRun { Seed = 5, Seeds = 1, Rule = "DISC-13" }.Play().Rules
                .Select(rule => $"{rule.Rule.Id} {rule.Verdict} {rule.Checks} {string.Join(", ", rule.Cases)}"),
        ];

        Lines().ShouldBe(Lines());
    }

    [Fact]
    public void A_rule_that_does_not_exist_is_refused() =>
        Should.Throw<ArgumentException>(() => new ConformanceRun { Rule = "DISC-99" }.Play());
}
