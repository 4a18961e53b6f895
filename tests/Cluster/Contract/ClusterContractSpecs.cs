using ChimneyActors.Contract;

namespace ChimneyActors.Cluster.Tests.Contract;

public sealed class ClusterInitiateSpecs : InitiateContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterSendSpecs : SendContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterDisconnectSpecs : DisconnectContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterReceiveSpecs : ReceiveContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterIndicationSpecs : IndicationContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterTerminateSpecs : TerminateContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterStateSpecs : StateContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}

public sealed class ClusterForwardSpecs : ForwardContract
{
    private protected override TargetBench CreateBench() => new ClusterBench();
}
