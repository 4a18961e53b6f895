using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>What can happen to a binding.</summary>
internal enum BindingEvent
{
    Bind,
    BindComplete,
    BindFailed,
    Restart,
    RestartComplete,
    RestartFailed,
    Pause,
    PauseComplete,
    Unbind,
    UnbindComplete,
}

/// <summary>The states of a binding. Pure; a blank cell of the table is an event that may not happen.</summary>
/// <remarks>Source: binding-states-of-a-protocol-driver.md.</remarks>
internal static class BindingLifecycle
{
    /// <summary>The state after an event; null if it may not happen now.</summary>
    public static BindingState? Next(BindingState state, BindingEvent what) => (state, what) switch
    {
        (BindingState.Unbound, BindingEvent.Bind) => BindingState.Opening,
        (BindingState.Opening, BindingEvent.BindComplete) => BindingState.Paused,
        (BindingState.Opening, BindingEvent.BindFailed) => BindingState.Unbound,
        (BindingState.Paused, BindingEvent.Restart) => BindingState.Restarting,
        (BindingState.Restarting, BindingEvent.RestartComplete) => BindingState.Running,
        (BindingState.Restarting, BindingEvent.RestartFailed) => BindingState.Paused,
        (BindingState.Running, BindingEvent.Pause) => BindingState.Pausing,
        (BindingState.Pausing, BindingEvent.PauseComplete) => BindingState.Paused,
        (BindingState.Paused, BindingEvent.Unbind) => BindingState.Closing,
        (BindingState.Closing, BindingEvent.UnbindComplete) => BindingState.Unbound,
        _ => null,
    };

    /// <summary>Whether connections may be offloaded through it.</summary>
    public static bool Offloads(BindingState state) => state == BindingState.Running;

    /// <summary>Whether control requests may go down through it.</summary>
    public static bool AsksOids(BindingState state) => state is BindingState.Paused or BindingState.Restarting
        or BindingState.Running or BindingState.Pausing or BindingState.Closing;
}
