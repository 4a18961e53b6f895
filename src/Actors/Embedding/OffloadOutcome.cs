using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>What became of the offload of one connection.</summary>
/// <param name="Status">SUCCESS, or what went wrong: of several blocks that failed the one that was tried.</param>
/// <param name="Refusal">Which driver refused it, and why; null for none.</param>
internal readonly record struct OffloadOutcome(NdisStatus Status, string? Refusal)
{
    /// <summary>Of a connection on its own.</summary>
    public static async Task<OffloadOutcome> Of(Task<OffloadBlock> initiate)
    {
        OffloadBlock done = await initiate.ConfigureAwait(false);
        return new OffloadOutcome(done.Status, done.Refusal);
    }
}
