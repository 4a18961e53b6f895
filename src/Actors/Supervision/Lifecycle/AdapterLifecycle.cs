using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>What can happen to an adapter.</summary>
internal enum AdapterEvent
{
    Initialize,
    InitializeComplete,
    InitializeFailed,
    Restart,
    RestartComplete,
    RestartFailed,
    Pause,
    PauseComplete,
    Halt,
    Shutdown,
}

/// <summary>The states of an adapter. Pure; a blank cell of the table is an event that may not happen.</summary>
/// <remarks>Source: adapter-states-of-a-miniport-driver.md. A reset is no event: it changes no state
/// (LIFE-08).</remarks>
internal static class AdapterLifecycle
{
    /// <summary>The state after an event; null if it may not happen now.</summary>
    public static AdapterState? Next(AdapterState state, AdapterEvent what) => (state, what) switch
    {
        (AdapterState.Halted, AdapterEvent.Initialize) => AdapterState.Initializing,
        (AdapterState.Initializing, AdapterEvent.InitializeComplete) => AdapterState.Paused,
        (AdapterState.Initializing, AdapterEvent.InitializeFailed) => AdapterState.Halted,
        (AdapterState.Paused, AdapterEvent.Restart) => AdapterState.Restarting,
        (AdapterState.Restarting, AdapterEvent.RestartComplete) => AdapterState.Running,
        (AdapterState.Restarting, AdapterEvent.RestartFailed) => AdapterState.Paused,
        (AdapterState.Running, AdapterEvent.Pause) => AdapterState.Pausing,
        (AdapterState.Pausing, AdapterEvent.PauseComplete) => AdapterState.Paused,
        (AdapterState.Paused, AdapterEvent.Halt) => AdapterState.Halted,
        (AdapterState.Paused or AdapterState.Restarting or AdapterState.Running or AdapterState.Pausing,
            AdapterEvent.Shutdown) => AdapterState.Shutdown,
        _ => null,
    };

    /// <summary>Whether connections may be offloaded to it.</summary>
    public static bool TakesConnections(AdapterState state) => state == AdapterState.Running;

    /// <summary>Whether what still comes to it is told that it is paused (LIFE-17).</summary>
    public static bool IsPaused(AdapterState state) => state is AdapterState.Pausing or AdapterState.Paused;

    /// <summary>Whether it answers control requests.</summary>
    public static bool TakesOids(AdapterState state) => state is AdapterState.Paused or AdapterState.Restarting
        or AdapterState.Running or AdapterState.Pausing;
}
