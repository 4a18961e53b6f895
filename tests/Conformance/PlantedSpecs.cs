namespace ChimneyActors.Conformance.Tests;

/// <summary>Somebody's drivers and targets, in an assembly of their own, with one mistake each.</summary>
public sealed class PlantedSpecs
{
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "BrokenDrivers.dll");

    [Theory]
    [InlineData("Doubles", "GEN-03", "driver")]
    [InlineData("Drops", "IM-06", "driver")]
    [InlineData("Reorders", "IM-24", "driver")]
    [InlineData("LeavesContext", "CTX-09", "driver")]
    [InlineData("TouchesAfterwards", "GEN-06", "driver")]
    [InlineData("Resets", "DISC-06", "driver")]
    [InlineData("WrongStatus", "DISC-17", "nic0")]
    [InlineData("WrongByteCount", "SEND-10", "nic0")]
    [InlineData("WrongForwardStatus", "FWD-08", "nic0")]
    [InlineData("AnswersLate", "TERM-05", "nic0")]
    [InlineData("EndsEarly", "DISC-13", "nic0")]
    public void Each_mistake_is_found_and_named(string type, string rule, string driver)
    {
        ConformanceResult result = new ConformanceRun
        {
            Subject = ConformanceSubject.Load(Assembly, $"BrokenDrivers.{type}"),
            Seeds = 1,
        }.Play();

        result.IsGood.ShouldBeFalse();
        RuleResult found = result.Rules.Single(one => one.Rule.Id == rule);
        found.Verdict.ShouldBe(RuleVerdict.Breached, string.Join("\n", result.ToLines()));
        found.Breaches.ShouldContain(breach => breach.Driver == driver && breach.Trace.Count > 0);
    }

    [Theory]
    [InlineData("FailsPause", "LIFE-01", "nic0")]
    [InlineData("KeepsPause", "LIFE-01", "nic0")]
    [InlineData("ForgetsAfterRestart", "LIFE-05", "nic0")]
    [InlineData("SpeaksAfterHalt", "STS-08", "nic0")]
    [InlineData("RefusesParameters", "CAP-09", "nic0")]
    [InlineData("NoFraming", "CAP-05", "nic0")]
    [InlineData("KeepsStatus", "STS-07", "driver")]
    [InlineData("KeepsStatus", "IM-22", "driver")]
    [InlineData("RefusesPause", "LIFE-01", "driver")]
    [InlineData("AnswersControl", "IM-23", "driver")]
    public void A_mistake_in_the_life_of_an_adapter_is_found_by_the_cases_of_its_rule(
        string type, string rule, string driver)
    {
        RuleResult found = new ConformanceRun
        {
            Subject = ConformanceSubject.Load(Assembly, $"BrokenDrivers.{type}"),
            Seeds = 1,
            Rule = rule,
        }.Play().Rules.Single();

        found.Verdict.ShouldBe(RuleVerdict.Breached, found.Reason);
        found.Breaches.ShouldContain(breach => breach.Driver == driver && breach.Trace.Count > 0);
    }

    [Fact]
    public void A_storm_of_events_is_reported_by_the_stack_itself_in_a_case_of_another_rule()
    {
        ConformanceResult result = new ConformanceRun
        {
            Subject = ConformanceSubject.Load(Assembly, "BrokenDrivers.Chatters"),
            Seeds = 1,
        }.Play();

        IReadOnlyList<RuleBreach> breaches = result.Rules.Single(one => one.Rule.Id == "EVT-17").Breaches;
        breaches.ShouldContain(breach => breach.Driver == "nic0"
            && breach.Detail.StartsWith("V-26 EventStorm by nic0: said the best send backlog of connection ")
            && breach.Trace.Count > 0);
    }

    [Fact]
    public void A_target_of_sockets_is_played_on_sockets_alone()
    {
        ConformanceSubject subject = ConformanceSubject.Load(
            Path.Combine(AppContext.BaseDirectory, "ChimneyActors.dll"), "ChimneyActors.Targets.Kernel.KernelTarget");

        ConformanceResult result = new ConformanceRun
        {
            Subject = subject,
            Target = ReferenceTarget.Kernel,
            Rule = "DISC-13",
        }.Play();

        result.Rules.Single().Verdict.ShouldBe(RuleVerdict.Upheld);
        Should.Throw<ArgumentException>(() => new ConformanceRun { Subject = subject }.Play());
    }

    [Fact]
    public void A_driver_without_a_mistake_is_upheld_on_both_targets()
    {
        ConformanceSubject subject = ConformanceSubject.OfDriver("plain", () => new Plain());
        foreach (ReferenceTarget target in Enum.GetValues<ReferenceTarget>())
        {
            ConformanceResult result = new ConformanceRun { Subject = subject, Target = target, Seeds = 1 }.Play();

            result.IsGood.ShouldBeTrue(string.Join("\n", result.ToLines()));
            result.Upheld.ShouldBe(OwnRuns.On(target).Upheld);
        }
    }

    private sealed class Plain : Intermediates.IntermediateDriver;

    [Theory]
    [InlineData("nothing.dll", "BrokenDrivers.Drops")]
    [InlineData("BrokenDrivers.dll", "BrokenDrivers.Nobody")]
    [InlineData("BrokenDrivers.dll", "BrokenDrivers.Layer")]
    [InlineData("ChimneyActors.dll", "ChimneyActors.Buffers.Mdl")]
    public void What_cannot_be_tested_is_refused(string file, string type) =>
        Should.Throw<ArgumentException>(() =>
            ConformanceSubject.Load(Path.Combine(AppContext.BaseDirectory, file), type));
}
