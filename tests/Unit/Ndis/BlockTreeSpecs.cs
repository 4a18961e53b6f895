using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Ndis;

/// <summary>The shape of trees, and what their blocks come to.</summary>
public sealed class BlockTreeSpecs
{
    private const BlockRole Subject = BlockRole.Subject;
    private const BlockRole Linker = BlockRole.Linker;
    private const BlockRole Placeholder = BlockRole.Placeholder;

    [Fact]
    public void A_block_comes_before_its_dependents_and_these_before_its_next_block()
    {
        OffloadBlock[] tcp = [.. Enumerable.Range(0, 4).Select(_ => Blocks.Tcp())];
        OffloadBlock first = Blocks.Path(Subject, tcp[0], tcp[1]);
        OffloadBlock second = Blocks.Path(Subject, tcp[2], tcp[3]);
        OffloadBlock root = Blocks.Neighbor(Subject, first, second);
        BlockTree.BlocksOf(root).ShouldBe([root, first, tcp[0], tcp[1], second, tcp[2], tcp[3]]);
    }

    [Fact]
    public void Lawful_trees_have_no_fault()
    {
        foreach (OffloadBlock root in (OffloadBlock[])
            [
                Blocks.Tcp(),
                Blocks.Neighbor(Subject),
                Blocks.Neighbor(Subject, Blocks.Path(Subject, Blocks.Tcp(), Blocks.Tcp())),
                Blocks.Neighbor(Linker, Blocks.Path(Subject, Blocks.Tcp())),
                Blocks.Neighbor(Placeholder, Blocks.Path(Linker, Blocks.Tcp())),
                Blocks.Neighbor(Placeholder, Blocks.Path(Placeholder, Blocks.Tcp())),
                Blocks.Neighbor(Placeholder),
            ])
            BlockTree.ShapeFault(root, OffloadOperation.Initiate).ShouldBeNull();
    }

    [Fact]
    public void Every_fault_of_an_initiate_is_named()
    {
        Fault(Blocks.Neighbor(Subject, Blocks.Tcp())).ShouldContain("BLK-01");
        Fault(Chain(Blocks.Neighbor(Subject), Blocks.Path(Subject))).ShouldContain("BLK-01");
        OffloadBlock below = Blocks.Tcp();
        below.DependentBlockList = Blocks.Tcp();
        Fault(below).ShouldContain("BLK-01");
        Fault(Blocks.Neighbor(Linker)).ShouldContain("BLK-09");
        Fault(Blocks.Neighbor(Linker, Blocks.Path(Placeholder))).ShouldContain("BLK-09");
        Fault(Blocks.Neighbor(Placeholder, Blocks.Path(Subject))).ShouldContain("without a neighbor");
        Fault(Blocks.Path(Subject)).ShouldContain("without a neighbor");
        Fault(Blocks.Neighbor(Placeholder, Blocks.Path(Linker, Blocks.Tcp(Linker)))).ShouldContain("BLK-09");
        Fault(Blocks.Tcp(Linker)).ShouldContain("INIT-16");
        Fault(new OffloadBlock { Layer = OffloadLayer.Neighbor }).ShouldContain("without state");
        Fault(Blocks.Neighbor(Subject, new OffloadBlock { Layer = OffloadLayer.Path })).ShouldContain("without state");
        Fault(new OffloadBlock { Layer = OffloadLayer.Neighbor, Role = Placeholder, Neighbor = new() })
            .ShouldContain("with state");
        OffloadBlock twice = Blocks.Path(Subject);
        OffloadBlock root = Blocks.Neighbor(Subject, twice);
        twice.NextBlock = twice;
        Fault(root).ShouldContain("twice");
    }

    [Fact]
    public void A_tree_has_a_limit()
    {
        OffloadBlock first = Blocks.Tcp();
        for (OffloadBlock last = first; BlockTree.BlocksOf(first).Take(BlockTree.BlocksMax + 1).Count()
            <= BlockTree.BlocksMax; last = last.NextBlock)
            last.NextBlock = Blocks.Tcp();
        Fault(first).ShouldContain("more than 4096");
    }

    [Fact]
    public void Linkers_are_for_initiates()
    {
        OffloadBlock root = Blocks.Neighbor(Placeholder, Blocks.Path(Linker, Blocks.Tcp()));
        BlockTree.ShapeFault(root, OffloadOperation.Query).ShouldNotBeNull().ShouldContain("linker");
        root = Blocks.Neighbor(Subject, Blocks.Path(Subject));
        BlockTree.ShapeFault(root, OffloadOperation.Update).ShouldBeNull();
    }

    [Theory]
    [InlineData(Placeholder, 0, 0, NdisStatus.Success)]
    [InlineData(Placeholder, 2, 0, NdisStatus.Success)]
    [InlineData(Linker, 2, 2, NdisStatus.Success)]
    [InlineData(Linker, 2, 1, NdisStatus.OffloadPartialSuccess)]
    [InlineData(Linker, 2, 0, NdisStatus.Failure)]
    [InlineData(Subject, 0, 0, NdisStatus.Success)]
    [InlineData(Subject, 3, 3, NdisStatus.Success)]
    [InlineData(Subject, 3, 2, NdisStatus.OffloadPartialSuccess)]
    [InlineData(Subject, 3, 0, NdisStatus.OffloadPartialSuccess)]
    public void The_first_layer_below_decides(BlockRole role, int dependents, int offloaded, NdisStatus expected)
    {
        BlockTree.Initiated(role, NdisStatus.Success, dependents, offloaded).ShouldBe(expected);
        NdisStatus failed = role == Placeholder ? NdisStatus.Success : NdisStatus.OffloadVlanMismatch;
        BlockTree.Initiated(role, NdisStatus.OffloadVlanMismatch, dependents, offloaded).ShouldBe(failed);
    }

    private static OffloadBlock Chain(OffloadBlock first, OffloadBlock next)
    {
        first.NextBlock = next;
        return first;
    }

    private static string Fault(OffloadBlock root) =>
        BlockTree.ShapeFault(root, OffloadOperation.Initiate).ShouldNotBeNull();
}
