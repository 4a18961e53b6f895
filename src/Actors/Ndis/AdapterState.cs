namespace ChimneyActors.Ndis;

/// <summary>State of an adapter, a miniport's or the virtual one that an intermediate driver shows above.</summary>
/// <remarks>Source: miniport-adapter-states-and-operations.md.</remarks>
public enum AdapterState
{
    /// <summary>Not initialised, or halted: there is no adapter.</summary>
    Halted = 0,

    /// <summary>Its initialise runs.</summary>
    Initializing,

    /// <summary>Initialised; nothing is offloaded, control requests are answered.</summary>
    Paused,

    /// <summary>Its restart runs.</summary>
    Restarting,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Takes nothing new, waits until everything is home.</summary>
    Pausing,

    /// <summary>The stack has ended under it.</summary>
    Shutdown,
}

/// <summary>State of a binding, of a protocol or of the lower edge of an intermediate driver.</summary>
/// <remarks>Source: protocol-binding-states-and-operations.md.</remarks>
public enum BindingState
{
    /// <summary>Not bound to its adapter.</summary>
    Unbound = 0,

    /// <summary>Its open runs.</summary>
    Opening,

    /// <summary>Open; nothing may be sent, control requests may (LIFE-14).</summary>
    Paused,

    /// <summary>Its restart runs.</summary>
    Restarting,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Starts nothing, takes its connections back, waits for what it sent.</summary>
    Pausing,

    /// <summary>Its close runs; the handle is dead.</summary>
    Closing,
}

/// <summary>NDIS_HALT_ACTION: why an adapter is halted.</summary>
public enum HaltAction
{
    /// <summary>Somebody disabled it.</summary>
    DeviceDisabled = 0,

    /// <summary>The binding below a virtual adapter went.</summary>
    DeviceInstanceDeInitialized = 1,

    /// <summary>It was powered down.</summary>
    DevicePoweredDown = 2,

    /// <summary>It was pulled out.</summary>
    DeviceSurpriseRemoved = 3,

    /// <summary>It failed; its driver used up its restarts.</summary>
    DeviceFailed = 4,

    /// <summary>It could not be initialised.</summary>
    DeviceInitializationFailed = 5,

    /// <summary>It was stopped for its resources.</summary>
    DeviceStopped = 6,
}
