using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>A plan that cannot be a stack is refused, and the sentence names the driver.</summary>
public sealed class StackPlanSpecs
{
    private readonly StackBuilder _stack = new StackBuilder().Miniport("nic0", new ScriptedTarget());

    [Fact]
    public void A_tree_of_drivers_is_kept_as_it_was_said()
    {
        _stack.Intermediate("mux-0", "nic0").Intermediate("mux_1", "nic0").Binding("a", "mux-0").Binding("B9", "nic0")
            .BrokenIntermediate("bad", "mux-0", BrokenHabit.Doubles, 7).Check();
        _stack.Drivers.Select(driver => (driver.Name, driver.Kind, driver.Over.SingleOrDefault())).ShouldBe(
        [
            ("nic0", DriverKind.Miniport, null), ("mux-0", DriverKind.Intermediate, "nic0"),
            ("mux_1", DriverKind.Intermediate, "nic0"), ("a", DriverKind.Binding, "mux-0"),
            ("B9", DriverKind.Binding, "nic0"), ("bad", DriverKind.Intermediate, "mux-0"),
        ]);
        DriverPlan bad = _stack.Drivers.Last();
        (bad.Habit, bad.OneIn, bad.Edge.Name).ShouldBe((BrokenHabit.Doubles, 7, "bad"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("nic 1")]
    [InlineData("nic/1")]
    [InlineData("$a")]
    [InlineData("nic.1")]
    [InlineData("münchen")]
    public void A_name_is_letters_digits_and_two_signs(string name)
    {
        Action<StackBuilder>[] plans =
        [
            stack => stack.Miniport(name, new ScriptedTarget()), stack => stack.Intermediate(name, "nic0"),
            stack => stack.Binding(name, "nic0"), stack => stack.BrokenIntermediate(name, "nic0", BrokenHabit.None, 1),
        ];
        foreach (Action<StackBuilder> plan in plans)
            ShouldRefuse(plan, $"'{name}'", "letters, digits, '-' and '_'");
    }

    [Fact]
    public void No_name_is_no_name()
    {
        ShouldRefuse(stack => stack.Binding(null!, "nic0"), "''");
        ShouldRefuse(stack => stack.Miniport(null!, new ScriptedTarget()), "''");
    }

    [Fact]
    public void Nobody_stands_over_what_is_not_there_or_comes_later_or_is_himself()
    {
        ShouldRefuse(stack => stack.Binding("a", "nic1"), "'a'", "'nic1'", "not in the stack yet");
        ShouldRefuse(stack => stack.Intermediate("mux0", "mux0"), "'mux0'", "not in the stack yet");
        ShouldRefuse(stack => stack.Intermediate("mux0", ""), "'mux0'", "''");
        ShouldRefuse(stack => stack.Intermediate("mux0", "NIC0"), "'mux0'", "'NIC0'");
    }

    [Fact]
    public void An_intermediate_may_stand_over_several_drivers_and_counts_its_longest_way()
    {
        _stack.Miniport("nic1", new ScriptedTarget()).Intermediate("under", "nic1")
            .Intermediate("mux0", over: ["nic0", "under"]).Binding("a", "mux0").Check();
        DriverPlan mux = _stack.Drivers.Single(driver => driver.Name == "mux0");
        mux.Over.ShouldBe(["nic0", "under"]);
        mux.Layers.ShouldBe(2);
    }

    [Fact]
    public void Of_several_drivers_each_is_there_and_none_twice_and_a_route_leads_to_one_of_them()
    {
        _stack.Miniport("nic1", new ScriptedTarget()).Binding("a", "nic0");
        ShouldRefuse(stack => stack.Intermediate("mux0", over: []), "'mux0'", "over a target or a driver");
        ShouldRefuse(stack => stack.Intermediate("mux0", over: ["nic0", "nic9"]), "'nic9'", "not in the stack yet");
        ShouldRefuse(stack => stack.Intermediate("mux0", over: ["nic0", "a"]), "'a'", "is a binding");
        ShouldRefuse(stack => stack.Intermediate("mux0", over: ["nic0", "nic0"]), "'nic0' twice");
        var routes = new MuxChoice(new Dictionary<string, string> { ["front"] = "nic0", ["back"] = "nic2" });
        ShouldRefuse(stack => stack.Intermediate("mux0", ["nic0", "nic1"], routes), "'mux0'", "route to 'nic2'");
    }

    [Fact]
    public void An_intermediate_and_a_binding_stand_over_something()
    {
        ShouldRefuse(stack => stack.Intermediate("mux0", (string)null!), "'mux0'");
        ShouldRefuse(stack => stack.Binding("a", null!), "'a'");
        ShouldRefuse(stack => stack.BrokenIntermediate("bad", null!, BrokenHabit.None, 1), "'bad'");
    }

    [Fact]
    public void A_miniport_has_a_target()
    {
        ShouldRefuse(stack => stack.Miniport("nic1", (IOffloadTarget)null!), "'nic1'");
        ShouldRefuse(stack => stack.Miniport("nic1", (Func<IOffloadTarget>)null!), "'nic1'");
    }

    [Fact]
    public void Nobody_stands_over_a_binding()
    {
        _stack.Binding("a", "nic0");
        ShouldRefuse(stack => stack.Binding("b", "a"), "'b'", "'a'", "is a binding");
        ShouldRefuse(stack => stack.Intermediate("mux0", "a"), "'mux0'", "'a'", "is a binding");
    }

    [Fact]
    public void No_two_drivers_have_one_name()
    {
        _stack.Binding("a", "nic0");
        ShouldRefuse(stack => stack.Binding("a", "nic0"), "'a'", "Two drivers");
        ShouldRefuse(stack => stack.Intermediate("nic0", "nic0"), "'nic0'", "Two drivers");
        ShouldRefuse(stack => stack.Miniport("a", new ScriptedTarget()), "'a'", "Two drivers");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_broken_driver_breaks_one_in_some(int oneIn) =>
        Should.Throw<ArgumentOutOfRangeException>(
            () => _stack.BrokenIntermediate("bad", "nic0", BrokenHabit.Drops, oneIn)).ParamName.ShouldBe("oneIn");

    [Fact]
    public void A_stack_needs_a_binding()
    {
        _stack.Intermediate("mux0", "nic0");
        Should.Throw<ArgumentException>(_stack.Check).Message.ShouldContain("at least one binding");
        Should.Throw<ArgumentException>(new StackBuilder().Check).Message.ShouldContain("at least one binding");
    }

    [Fact]
    public void Seven_intermediates_and_a_binding_are_the_most()
    {
        string over = "nic0";
        for (int i = 1; i < StackBuilder.LayersMax; i++)
            _stack.Intermediate($"mux{i}", over).Binding($"over{i}", over = $"mux{i}");
        _stack.Check();
        ContextFrames.DepthMax.ShouldBeGreaterThanOrEqualTo(StackBuilder.LayersMax + 2);

        _stack.Intermediate("mux8", over).Binding("high", "mux8");

        Should.Throw<ArgumentException>(_stack.Check).Message.ShouldBe("More than 8 layers under 'high'.");
    }

    private void ShouldRefuse(Action<StackBuilder> plan, params string[] words)
    {
        int before = _stack.Drivers.Count;
        string message = Should.Throw<ArgumentException>(() => plan(_stack)).Message;
        words.ShouldAllBe(word => message.Contains(word), message);
        _stack.Drivers.Count.ShouldBe(before, "a refused driver is not in the plan");
    }
}
