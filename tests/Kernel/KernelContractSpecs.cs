using ChimneyActors.Contract;

namespace ChimneyActors.Kernel;

public sealed class KernelInitiateSpecs : InitiateContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelSendSpecs : SendContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelDisconnectSpecs : DisconnectContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelForwardSpecs : ForwardContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelReceiveSpecs : ReceiveContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelIndicationSpecs : IndicationContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelTerminateSpecs : TerminateContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}

public sealed class KernelStateSpecs : StateContract
{
    private protected override TargetBench CreateBench() => new KernelBench();
}
