using ChimneyActors.Contract;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>A spec of what only a driven target with a TCP of its own can show.</summary>
public abstract class SimulatedSpec : OffloadTargetContract
{
    private protected new SimulatedBench Bench => (SimulatedBench)base.Bench;

    private protected SimulatedNetwork Network => Bench.Network;

    private protected override TargetBench CreateBench() => new SimulatedBench();

    private protected static SimulatedPeer PeerOf(Line line) => ((BenchPeer)line.Peer).Simulated;
}
