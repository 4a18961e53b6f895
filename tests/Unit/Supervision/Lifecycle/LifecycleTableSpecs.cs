using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Unit.Supervision.Lifecycle;

/// <summary>The two state machines, cell by cell, as the tables of the reference have them.</summary>
public sealed class LifecycleTableSpecs
{
    private static readonly Dictionary<(AdapterState, AdapterEvent), AdapterState> Adapter = new()
    {
        [(AdapterState.Halted, AdapterEvent.Initialize)] = AdapterState.Initializing,
        [(AdapterState.Initializing, AdapterEvent.InitializeComplete)] = AdapterState.Paused,
        [(AdapterState.Initializing, AdapterEvent.InitializeFailed)] = AdapterState.Halted,
        [(AdapterState.Paused, AdapterEvent.Restart)] = AdapterState.Restarting,
        [(AdapterState.Paused, AdapterEvent.Halt)] = AdapterState.Halted,
        [(AdapterState.Paused, AdapterEvent.Shutdown)] = AdapterState.Shutdown,
        [(AdapterState.Restarting, AdapterEvent.RestartComplete)] = AdapterState.Running,
        [(AdapterState.Restarting, AdapterEvent.RestartFailed)] = AdapterState.Paused,
        [(AdapterState.Restarting, AdapterEvent.Shutdown)] = AdapterState.Shutdown,
        [(AdapterState.Running, AdapterEvent.Pause)] = AdapterState.Pausing,
        [(AdapterState.Running, AdapterEvent.Shutdown)] = AdapterState.Shutdown,
        [(AdapterState.Pausing, AdapterEvent.PauseComplete)] = AdapterState.Paused,
        [(AdapterState.Pausing, AdapterEvent.Shutdown)] = AdapterState.Shutdown,
    };

    private static readonly Dictionary<(BindingState, BindingEvent), BindingState> Binding = new()
    {
        [(BindingState.Unbound, BindingEvent.Bind)] = BindingState.Opening,
        [(BindingState.Opening, BindingEvent.BindComplete)] = BindingState.Paused,
        [(BindingState.Opening, BindingEvent.BindFailed)] = BindingState.Unbound,
        [(BindingState.Paused, BindingEvent.Restart)] = BindingState.Restarting,
        [(BindingState.Paused, BindingEvent.Unbind)] = BindingState.Closing,
        [(BindingState.Restarting, BindingEvent.RestartComplete)] = BindingState.Running,
        [(BindingState.Restarting, BindingEvent.RestartFailed)] = BindingState.Paused,
        [(BindingState.Running, BindingEvent.Pause)] = BindingState.Pausing,
        [(BindingState.Pausing, BindingEvent.PauseComplete)] = BindingState.Paused,
        [(BindingState.Closing, BindingEvent.UnbindComplete)] = BindingState.Unbound,
    };

    [Fact]
    public void An_adapter_goes_where_the_table_says_and_nowhere_else()
    {
        foreach (AdapterState state in Enum.GetValues<AdapterState>())
            foreach (AdapterEvent what in Enum.GetValues<AdapterEvent>())
                AdapterLifecycle.Next(state, what).ShouldBe(
                    Adapter.TryGetValue((state, what), out AdapterState next) ? next : null, $"{what} in {state}");
    }

    [Fact]
    public void A_binding_goes_where_the_table_says_and_nowhere_else()
    {
        foreach (BindingState state in Enum.GetValues<BindingState>())
            foreach (BindingEvent what in Enum.GetValues<BindingEvent>())
                BindingLifecycle.Next(state, what).ShouldBe(
                    Binding.TryGetValue((state, what), out BindingState next) ? next : null, $"{what} in {state}");
    }

    [Fact]
    public void Connections_are_taken_by_what_runs_and_control_requests_by_what_is_there()
    {
        Enum.GetValues<AdapterState>().Where(AdapterLifecycle.TakesConnections).ShouldBe([AdapterState.Running]);
        Enum.GetValues<AdapterState>().Where(AdapterLifecycle.TakesOids).ShouldBe(
            [AdapterState.Paused, AdapterState.Restarting, AdapterState.Running, AdapterState.Pausing]);
        Enum.GetValues<BindingState>().Where(BindingLifecycle.Offloads).ShouldBe([BindingState.Running]);
        Enum.GetValues<BindingState>().Where(BindingLifecycle.AsksOids).ShouldBe(
            [BindingState.Paused, BindingState.Restarting, BindingState.Running, BindingState.Pausing,
                BindingState.Closing]);
    }
}
