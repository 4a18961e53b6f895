using System.Globalization;
using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>The shape of a tree of blocks, and what its blocks may say. Pure.</summary>
public static class BlockTree
{
    /// <summary>Most blocks in one tree.</summary>
    public const int BlocksMax = 4096;

    /// <summary>Every block of a tree, the root and its siblings included: a block, then its dependents, then its next
    /// block (INIT-02).</summary>
    public static IEnumerable<OffloadBlock> BlocksOf(OffloadBlock root)
    {
        for (OffloadBlock? block = root; block is not null; block = block.NextBlock)
        {
            yield return block;
            if (block.DependentBlockList is { } first)
                foreach (OffloadBlock dependent in BlocksOf(first))
                    yield return dependent;
        }
    }

    /// <summary>The blocks in it of connections, linked or new; of a connection on its own the root.</summary>
    public static IEnumerable<OffloadBlock> ConnectionsOf(OffloadBlock root) =>
        BlocksOf(root).Where(block => block.Layer == OffloadLayer.Tcp);

    /// <summary>The connections that are the host's again when this is home: of initiates that failed, and of
    /// terminates.</summary>
    internal static IEnumerable<OffloadHandle> GoneWith(OffloadCompletion completion) =>
        completion is not (InitiateOffloadComplete or TerminateOffloadComplete)
            ? []
            : ConnectionsOf((OffloadBlock)completion.Flight.Head)
                .Where(block => completion is TerminateOffloadComplete || block.Status != NdisStatus.Success)
                .Select(block => block.Connection);

    /// <summary>What is wrong with a tree as a whole; null for nothing (BLK-01, BLK-07, BLK-09).</summary>
    /// <param name="root">Its root.</param>
    /// <param name="operation">What it is for.</param>
    internal static string? ShapeFault(OffloadBlock root, OffloadOperation operation)
    {
        var seen = new HashSet<OffloadBlock>();
        return FaultOf(root, null, root.Layer, operation, seen);
    }

    /// <summary>What the walk over a tree comes to for one block of an initiate that its target took: the first layer
    /// below decides (INIT-05, INIT-06, BLK-10).</summary>
    /// <param name="role">What the block is.</param>
    /// <param name="own">Status of its own object; SUCCESS for a linker that is alive.</param>
    /// <param name="dependents">How many dependents it has.</param>
    /// <param name="offloaded">How many of them were offloaded, in part or whole.</param>
    internal static NdisStatus Initiated(BlockRole role, NdisStatus own, int dependents, int offloaded)
    {
        if (role == BlockRole.Placeholder)
            return NdisStatus.Success;      // BLK-08
        if (own != NdisStatus.Success)
            return own;
        if (offloaded == dependents)
            return NdisStatus.Success;
        bool isNone = offloaded == 0 && role == BlockRole.Linker;       // a new block was offloaded all the same
        return isNone ? NdisStatus.Failure : NdisStatus.OffloadPartialSuccess;
    }

    /// <summary>Whether the object of a block that came home from an initiate is offloaded.</summary>
    internal static bool IsOffloaded(NdisStatus status) =>
        status is NdisStatus.Success or NdisStatus.OffloadPartialSuccess;

    /// <summary>What is wrong with the status of a block that comes home; null for nothing (V-25).</summary>
    internal static string? StatusFault(OffloadBlock block, OffloadOperation operation)
    {
        if (block.Status == NdisStatus.Pending)
            return "has no status (BLK-04)";
        if (block.Role == BlockRole.Placeholder)
            return block.Status == NdisStatus.Success ? null : $"is a placeholder, with {block.Status} (BLK-08)";
        if (block.Status != NdisStatus.OffloadPartialSuccess)
            return null;
        if (operation != OffloadOperation.Initiate)
            return $"has {block.Status} in a {operation}";
        return block.DependentBlockList is null ? $"has {block.Status}, and nothing depends on it" : null;
    }

    /// <summary>The status of a block that nobody has carried out.</summary>
    internal static NdisStatus StatusUnasked(OffloadBlock block) =>
        block.Role == BlockRole.Placeholder ? NdisStatus.Success : NdisStatus.Failure;

    private static string? FaultOf(
        OffloadBlock first, OffloadBlock? parent, OffloadLayer layer, OffloadOperation operation,
        HashSet<OffloadBlock> seen)
    {
        for (OffloadBlock? block = first; block is not null; block = block.NextBlock)
        {
            if (!seen.Add(block))
                return "a block stands in it twice";
            if (seen.Count > BlocksMax)
                return string.Create(CultureInfo.InvariantCulture, $"more than {BlocksMax} blocks");
            if (block.Layer != layer)
                return $"a {block.Layer} block stands among {layer} blocks (BLK-01)";
            if (FaultOf(block, parent, operation) is { } fault)
                return fault;
            if (block.DependentBlockList is { } below
                && FaultOf(below, block, block.Layer - 1, operation, seen) is { } deeper)
                return deeper;
        }
        return null;
    }

    private static string? FaultOf(OffloadBlock block, OffloadBlock? parent, OffloadOperation operation)
    {
        if (block.Layer == OffloadLayer.Tcp && block.DependentBlockList is not null)
            return "something depends on a connection (BLK-01)";
        if (operation != OffloadOperation.Initiate)
            return block.Role == BlockRole.Linker ? $"a linker in a {operation}" : null;
        if (block.Role == BlockRole.Linker && block.Layer == OffloadLayer.Tcp)
            return "a connection that is offloaded already (INIT-16)";
        if (block.Role == BlockRole.Linker && !HasNew(block))
            return "a linker without anything new below it (BLK-09)";
        if (block.Role != BlockRole.Subject)
            return block.Neighbor is null && block.Path is null ? null : $"a {block.Role} with state (BLK-09)";
        return FaultOfNew(block, parent);
    }

    private static bool HasNew(OffloadBlock block)
    {
        for (OffloadBlock? below = block.DependentBlockList; below is not null; below = below.NextBlock)
            if (below.Role == BlockRole.Subject)
                return true;
        return false;
    }

    private static string? FaultOfNew(OffloadBlock block, OffloadBlock? parent) => block.Layer switch
    {
        OffloadLayer.Neighbor => block.Neighbor is null ? "a new neighbor without state" : null,
        OffloadLayer.Path when block.Path?.Const is null => "a new path without state",
        OffloadLayer.Path => parent is null or { Role: BlockRole.Placeholder } ? "a new path without a neighbor" : null,
        _ => null,
    };
}
