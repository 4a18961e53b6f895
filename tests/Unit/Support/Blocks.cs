using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Unit.Support;

/// <summary>Makes trees of blocks.</summary>
internal static class Blocks
{
    public static OffloadBlock Neighbor(BlockRole role, params OffloadBlock[] paths) => new()
    {
        Layer = OffloadLayer.Neighbor,
        Role = role,
        Neighbor = role == BlockRole.Subject ? NewNeighbor() : null,
        DependentBlockList = Siblings(paths),
    };

    public static OffloadBlock Path(BlockRole role, params OffloadBlock[] connections) => new()
    {
        Layer = OffloadLayer.Path,
        Role = role,
        Path = role == BlockRole.Subject ? NewPath() : null,
        DependentBlockList = Siblings(connections),
    };

    public static OffloadBlock Tcp(BlockRole role = BlockRole.Subject) => new() { Role = role };

    /// <summary>A block that refers to an object that is offloaded.</summary>
    public static OffloadBlock Of(
        OffloadLayer layer, OffloadHandle handle, BlockRole role = BlockRole.Subject, params OffloadBlock[] below) =>
        new()
        {
            Layer = layer,
            Role = role,
            Connection = handle,
            DependentBlockList = Siblings(below),
        };

    /// <summary>An initiate of a tree of new objects, none of which the spec itself needs.</summary>
    public static TreePost NewInitiate(Binding binding, OffloadBlock root)
    {
        TreePost post = binding.NewTree(OffloadOperation.Initiate, root);
        foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            post.Owners[block] = block.Layer == OffloadLayer.Tcp ? binding.NewConnection(null).Core : new Nobody();
        return post;
    }

    public static NeighborOffloadState NewNeighbor() => new()
    {
        Cached = new() { DestinationAddress = new PhysicalAddress([2, 0, 0, 0, 0, 9]) },
    };

    public static PathOffloadState NewPath() => new()
    {
        Const = new PathOffloadStateConst(IPAddress.Parse("192.0.2.1"), IPAddress.Parse("198.51.100.2")),
        Cached = new() { PathMtu = 1500 },
    };

    private static OffloadBlock? Siblings(OffloadBlock[] blocks)
    {
        for (int i = 0; i + 1 < blocks.Length; i++)
            blocks[i].NextBlock = blocks[i + 1];
        return blocks.FirstOrDefault();
    }
}
