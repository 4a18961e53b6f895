using ChimneyActors.Buffers;
using ChimneyActors.Targets;

namespace ChimneyActors.Unit.Targets;

public sealed class FaultPlanSpecs
{
    [Fact]
    public void The_same_seed_decides_the_same()
    {
        Series(new FaultPlan(7, 0.1)).ShouldBe(Series(new FaultPlan(7, 0.1)));
        Series(new FaultPlan(7, 0.1)).ShouldNotBe(Series(new FaultPlan(8, 0.1)));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.01, 300, 500)]
    [InlineData(1, 39500, 40500)]
    public void About_as_many_completions_go_wrong_as_the_rate_says(double rate, int least, int most) =>
        Series(new FaultPlan(1, rate)).Count(kind => kind is not null).ShouldBeInRange(least, most);

    [Fact]
    public void Every_kind_of_fault_has_its_turn()
    {
        FaultKind?[] drawn = Series(new FaultPlan(3, 1));
        foreach (FaultKind kind in new[] { FaultKind.Late, FaultKind.Doubled, FaultKind.Lost, FaultKind.Foreign })
            drawn.Count(one => one == kind).ShouldBeInRange(9000, 11000);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_rate_outside_0_to_1_is_refused(double rate) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new FaultPlan(1, rate));

    [Fact]
    public void A_stopped_plan_does_nothing()
    {
        var plan = new FaultPlan(1, 1);
        plan.Stop();
        plan.DrawForCompletion(out _).ShouldBeNull();
        plan.DrawForSubmit().ShouldBeFalse();
    }

    [Fact]
    public void A_violation_is_excused_only_on_the_very_parcel_and_journey()
    {
        var plan = new FaultPlan(1, 1);
        NetBufferList list = Departed(out Flight flight);
        InjectedFault fault = plan.Inject(FaultKind.Lost, new HolderId(77), flight);
        plan.IsInjected(Violation(list.Id + 1, flight.Id)).ShouldBeFalse();
        plan.IsInjected(Violation(list.Id, new FlightId(flight.Id.Value + 1))).ShouldBeFalse();
        fault.State.ShouldBe(FaultState.Injected);
        plan.IsInjected(Violation(list.Id, flight.Id)).ShouldBeTrue();
        fault.State.ShouldBe(FaultState.Observed);
        plan.Open.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(FaultKind.Late)]
    [InlineData(FaultKind.Thrown)]
    [InlineData(FaultKind.Doubled, VerifierCheck.DoubleComplete)]
    [InlineData(FaultKind.Lost, VerifierCheck.Order, VerifierCheck.NoProgress)]
    [InlineData(FaultKind.Foreign, VerifierCheck.ForeignCompletion, VerifierCheck.Order, VerifierCheck.NoProgress)]
    public void A_fault_excuses_only_what_it_can_cause_and_each_once(FaultKind kind, params VerifierCheck[] causes)
    {
        foreach (VerifierCheck check in Enum.GetValues<VerifierCheck>())
        {
            var plan = new FaultPlan(1, 1);
            NetBufferList list = Departed(out Flight flight);
            InjectedFault fault = plan.Inject(kind, new HolderId(77), flight);

            bool excused = plan.IsInjected(Violation(list.Id, flight.Id, check));

            excused.ShouldBe(causes.Contains(check), $"{kind} and {check}");
            fault.State.ShouldBe(excused ? FaultState.Observed : FaultState.Injected);
            plan.IsInjected(Violation(list.Id, flight.Id, check)).ShouldBeFalse("once is what was injected");
        }
    }

    [Fact]
    public void A_fault_may_offend_two_checks()
    {
        var plan = new FaultPlan(1, 1);
        NetBufferList list = Departed(out Flight flight);
        plan.Inject(FaultKind.Foreign, new HolderId(77), flight);
        plan.IsInjected(Violation(list.Id, flight.Id, VerifierCheck.ForeignCompletion)).ShouldBeTrue();
        plan.IsInjected(Violation(list.Id, flight.Id, VerifierCheck.Order)).ShouldBeTrue();
        plan.Observed.ShouldBe(1);
    }

    [Fact]
    public void A_fault_that_was_overtaken_can_still_be_seen()
    {
        var plan = new FaultPlan(1, 1);
        NetBufferList list = Departed(out Flight flight);
        InjectedFault fault = plan.Inject(FaultKind.Foreign, new HolderId(77), flight);
        plan.Overtake(fault);
        (plan.Observed, plan.Overtaken).ShouldBe((0, 1));
        plan.OvertakenFaults.ShouldBe([fault]);
        plan.IsInjected(Violation(list.Id, flight.Id)).ShouldBeTrue();
        (plan.Observed, plan.Overtaken).ShouldBe((1, 0));
        plan.Overtake(fault);
        (plan.Observed, plan.Overtaken).ShouldBe((1, 0));
        plan.OvertakenFaults.ShouldBeEmpty();
    }

    private static FaultKind?[] Series(FaultPlan plan) =>
        [.. Enumerable.Range(0, 50_000).Select(_ => plan.DrawForCompletion(out double _))];

    private static Violation Violation(
        long parcel, FlightId flight, VerifierCheck check = VerifierCheck.NoProgress) =>
        new(check, "nic0", OffloadHandle.None, parcel, flight, "");

    private static NetBufferList Departed(out Flight flight)
    {
        NetBufferList list = new NetBufferListPool("test", 1, 0, new Strict()).Rent(null)!;
        flight = Flight.Depart(list, new HolderId(77));
        return list;
    }

    private sealed class Strict : IVerifier
    {
        public void Report(Violation violation) => throw new InvalidOperationException(violation.ToString());
    }
}
