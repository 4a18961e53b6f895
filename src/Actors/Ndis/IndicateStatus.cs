using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Something that concerns a whole adapter, said to everybody above it (STS-07).</summary>
/// <param name="Adapter">Name of the adapter that says it, as the hearer knows it: each intermediate driver says it
/// again of its own.</param>
/// <param name="Number">Which of that adapter's, from 1: they are heard in order, each once, whoever dies.</param>
/// <param name="Status">What.</param>
/// <param name="Information">More about it; depends on the status.</param>
/// <remarks>Travels up, from driver to driver. Source: nf-ndis-ndismindicatestatusex.md.</remarks>
public sealed record IndicateStatus(string Adapter, long Number, NdisStatus Status, object? Information)
    : OffloadMessage
{
    /// <summary>None.</summary>
    public override OffloadHandle Connection => OffloadHandle.None;
}
