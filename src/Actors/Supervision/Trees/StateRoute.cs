using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Trees;

/// <summary>The way of a tree: by where its objects are, to the miniport, which brings its parts to their
/// lanes.</summary>
internal static class StateRoute
{
    /// <summary>A driver enters itself as a layer of each new object of an initiate (IM-02).</summary>
    public static void Join(DriverStack stack, OffloadBlock root, Edge me)
    {
        if (!root.IsTree)
        {
            stack.Handles.Find(root.Connection)?.Join(me);
            return;
        }
        foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            if (block.Role == BlockRole.Subject)
                stack.Handles.Find(block.Connection)?.Join(me);
    }

    /// <summary>Whether something new is linked to an object that is offloaded already: then there is no choice where
    /// it goes (IM-16).</summary>
    public static bool HasLinker(OffloadBlock root) =>
        root.IsTree && BlockTree.BlocksOf(root).Any(block => block.Role == BlockRole.Linker);

    /// <summary>The next driver below; null if nothing of the tree is offloaded any more.</summary>
    public static Edge? Below(DriverStack stack, OffloadBlock root, Edge me)
    {
        if (AnchorOf(stack, root) is not { } anchor)
            return null;
        Edge? below = anchor.Below(me);
        return below == anchor.Edge ? anchor.Desk?.Miniport : below;
    }

    /// <summary>An object of a tree by which it finds its way: one that is offloaded; null if there is none any
    /// more.</summary>
    public static ConnectionEntry? AnchorOf(DriverStack stack, OffloadBlock root)
    {
        foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            if (stack.Handles.Find(block.Connection) is { Ended: false, Begun: true } entry)
                return entry;
        return null;
    }
}
