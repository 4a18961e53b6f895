using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Unit.Supervision.Lifecycle;

/// <summary>In which order a stack is paused, restarted, taken apart and put together.</summary>
public sealed class LifeSequenceSpecs
{
    private readonly AdapterNode _nic0 = new(new Edge("nic0"), null, null);
    private readonly AdapterNode _nic1 = new(new Edge("nic1"), null, null);
    private readonly AdapterNode _mux = new(new Edge("mux"));
    private readonly BindingNode _muxOverNic0;
    private readonly BindingNode _tcpip;
    private readonly BindingNode _other;

    public LifeSequenceSpecs()
    {
        _muxOverNic0 = new BindingNode(_mux.Driver, _nic0, _mux);
        _tcpip = new BindingNode(new Edge("tcpip"), _mux, null);
        _other = new BindingNode(new Edge("other"), _nic0, null);
    }

    [Fact]
    public void A_pause_goes_from_the_bindings_down_to_the_adapter() => Show(LifeSequence.Pause(_nic0)).ShouldBe(
    [
        "PauseBinding tcpip over mux", "PauseAdapter mux", "PauseBinding mux over nic0", "PauseBinding other over nic0",
        "PauseAdapter nic0",
    ]);

    [Fact]
    public void A_restart_goes_from_the_adapter_up_to_the_bindings() => Show(LifeSequence.Restart(_nic0)).ShouldBe(
    [
        "RestartAdapter nic0", "RestartBinding mux over nic0", "RestartAdapter mux", "RestartBinding tcpip over mux",
        "RestartBinding other over nic0",
    ]);

    [Fact]
    public void Nobody_above_binds_to_an_adapter_that_is_being_paused_though_nothing_is_done_to_him()
    {
        var pause = new LifeOperation(
            LifeOperationKind.Pause, _mux, null, TimeSpan.Zero, TaskCreationOptions.None);
        pause.Begin();
        pause.Touches().ShouldContain(_tcpip);
        while (pause.Step.Kind != LifeStepKind.PauseAdapter)
            pause.GoOn();

        pause.Touches().ShouldContain(_tcpip);
        pause.GoOn();
        pause.Touches().ShouldBeEmpty();
    }

    [Fact]
    public void A_halt_pauses_unbinds_and_halts() => Show(LifeSequence.Halt(_nic0)).ShouldBe(
    [
        .. Show(LifeSequence.Pause(_nic0)), "CloseBinding tcpip over mux", "HaltAdapter mux",
        "CloseBinding mux over nic0", "CloseBinding other over nic0", "HaltAdapter nic0",
    ]);

    [Fact]
    public void A_removal_first_brings_home_what_the_adapter_had() =>
        Show(LifeSequence.Remove(_nic0)).ShouldBe(["SeverConnections nic0", .. Show(LifeSequence.Halt(_nic0))]);

    [Fact]
    public void An_adapter_that_comes_is_initialised_bound_and_restarted()
    {
        _other.IsWanted = false;

        Show(LifeSequence.Initialize(_nic0)).ShouldBe(
        [
            "InitializeAdapter nic0", "OpenBinding mux over nic0", "InitializeAdapter mux",
            "OpenBinding tcpip over mux", "Negotiate tcpip with nic0", "Negotiate other with nic0",
            .. Show(LifeSequence.Restart(_nic0)),
        ]);
    }

    [Fact]
    public void A_virtual_adapter_that_comes_is_bound_below_first() => Show(LifeSequence.Initialize(_mux)).ShouldBe(
    [
        "OpenBinding mux over nic0", "InitializeAdapter mux", "OpenBinding tcpip over mux",
        "Negotiate tcpip with nic0", "RestartBinding mux over nic0", "RestartAdapter mux",
        "RestartBinding tcpip over mux",
    ]);

    [Fact]
    public void A_binding_that_goes_takes_what_stands_on_it_with_it()
    {
        Show(LifeSequence.Unbind(_muxOverNic0)).ShouldBe(
        [
            "PauseBinding tcpip over mux", "PauseAdapter mux", "PauseBinding mux over nic0",
            "CloseBinding tcpip over mux", "HaltAdapter mux", "CloseBinding mux over nic0",
        ]);
        Show(LifeSequence.Unbind(_tcpip)).ShouldBe(["PauseBinding tcpip over mux", "CloseBinding tcpip over mux"]);
        Show(LifeSequence.Bind(_tcpip)).ShouldBe(
            ["OpenBinding tcpip over mux", "Negotiate tcpip with nic0", "RestartBinding tcpip over mux"]);
    }

    [Fact]
    public void Offloading_goes_on_when_every_protocol_has_asked_again() => Show(LifeSequence.Resume(_nic0)).ShouldBe(
        ["ResumeOffload nic0", "Negotiate tcpip with nic0", "Negotiate other with nic0"]);

    [Fact]
    public void A_reset_is_held_from_the_top_to_the_bottom() => Show(LifeSequence.Reset(_nic0)).ShouldBe(
    [
        "BeginReset nic0", "HoldBinding tcpip over mux", "HoldBinding mux over nic0", "HoldBinding other over nic0",
        "ResetAdapter nic0", "ReleaseBinding other over nic0", "ReleaseBinding mux over nic0",
        "ReleaseBinding tcpip over mux", "EndReset nic0",
    ]);

    [Fact]
    public void Who_has_another_binding_at_work_goes_on()
    {
        var muxOverNic1 = new BindingNode(_mux.Driver, _nic1, _mux);
        foreach (BindingEvent what in (BindingEvent[])[BindingEvent.Bind, BindingEvent.BindComplete])
            muxOverNic1.TryMove(what).ShouldBeTrue();

        Show(LifeSequence.Pause(_muxOverNic0)).ShouldContain("PauseAdapter mux");
        Show(LifeSequence.Unbind(_muxOverNic0)).ShouldNotContain("HaltAdapter mux");

        foreach (BindingEvent what in (BindingEvent[])[BindingEvent.Restart, BindingEvent.RestartComplete])
            muxOverNic1.TryMove(what).ShouldBeTrue();
        Show(LifeSequence.Pause(_muxOverNic0)).ShouldBe(["PauseBinding mux over nic0"]);
        Show(LifeSequence.Unbind(_muxOverNic0)).ShouldBe(["PauseBinding mux over nic0", "CloseBinding mux over nic0"]);
    }

    private static string[] Show(IEnumerable<LifeStep> steps) => [.. steps.Select(step => step.ToString())];
}
