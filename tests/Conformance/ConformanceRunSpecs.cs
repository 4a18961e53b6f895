using ChimneyActors.Conformance.Cases;
using ChimneyActors.Conformance.Rules;

namespace ChimneyActors.Conformance.Tests;

/// <summary>The product under its own kit, on both targets.</summary>
public sealed class ConformanceRunSpecs
{
    [Theory]
    [InlineData(ReferenceTarget.Simulated)]
    [InlineData(ReferenceTarget.Kernel)]
    public void Nothing_is_breached_and_nothing_is_absent(ReferenceTarget target)
    {
        ConformanceResult result = new ConformanceRun { Target = target }.Play();

        result.Rules.Where(rule => rule.Verdict == RuleVerdict.Breached)
            .SelectMany(rule => rule.Breaches.Take(1).Select(breach =>
                $"{rule.Rule.Id} in '{breach.Case}' by {breach.Driver}: {breach.Detail}\n"
                + string.Join("\n", breach.Trace)))
            .ShouldBeEmpty();
        result.Rules.Where(rule => rule.Verdict == RuleVerdict.Absent).Select(rule => rule.Rule.Id).ShouldBeEmpty();
        result.Rules.Where(rule => rule.Reason.Contains("did not get so far")).Select(rule => rule.Reason)
            .ShouldBeEmpty();
        result.Rules.Count.ShouldBe(417);
    }
}
