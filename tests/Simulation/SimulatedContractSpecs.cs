using ChimneyActors.Contract;

namespace ChimneyActors.Simulation;

public sealed class SimulatedInitiateSpecs : InitiateContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedSendSpecs : SendContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedDisconnectSpecs : DisconnectContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedForwardSpecs : ForwardContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedReceiveSpecs : ReceiveContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedIndicationSpecs : IndicationContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedTerminateSpecs : TerminateContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}

public sealed class SimulatedStateSpecs : StateContract
{
    private protected override TargetBench CreateBench() => new SimulatedBench();
}
