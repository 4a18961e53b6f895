using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Trees;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>The order in which a tree is carried out, and what each block comes to.</summary>
public sealed class TreeWalkSpecs
{
    private readonly OffloadBlock[] _tcp = [.. Enumerable.Range(0, 4).Select(_ => Blocks.Tcp())];
    private readonly OffloadBlock _first;
    private readonly OffloadBlock _second;
    private readonly OffloadBlock _root;

    public TreeWalkSpecs()
    {
        _first = Blocks.Path(BlockRole.Subject, _tcp[0], _tcp[1]);
        _second = Blocks.Path(BlockRole.Subject, _tcp[2], _tcp[3]);
        _root = Blocks.Neighbor(BlockRole.Subject, _first, _second);
    }

    [Fact]
    public void An_initiate_waits_for_what_others_depend_on_and_for_nothing_else()
    {
        TreeWalk walk = Begin(OffloadOperation.Initiate);
        TreeStep neighbor = Take(walk, _root);
        walk.Next().ShouldBeNull();
        walk.Answer(neighbor, NdisStatus.Success);
        TreeStep path = Take(walk, _first);
        walk.Next().ShouldBeNull();
        walk.Answer(path, NdisStatus.Success);
        TreeStep[] open = [Take(walk, _tcp[0]), Take(walk, _tcp[1])];
        path = Take(walk, _second);     // does not wait for the connections of the first
        walk.Next().ShouldBeNull();
        walk.Answer(path, NdisStatus.Success);
        open = [.. open, Take(walk, _tcp[2]), Take(walk, _tcp[3])];
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeFalse();
        foreach (TreeStep step in open.Reverse())
            walk.Answer(step, NdisStatus.Success);
        walk.IsOver.ShouldBeTrue();
        walk.Seal(_root).ShouldBe(NdisStatus.Success);
        _tcp.ShouldAllBe(block => block.Status == NdisStatus.Success);
    }

    [Fact]
    public void What_depends_on_a_failed_block_is_not_tried_but_its_siblings_are()
    {
        TreeWalk walk = Begin(OffloadOperation.Initiate);
        walk.Answer(Take(walk, _root), NdisStatus.Success);
        walk.Answer(Take(walk, _first), NdisStatus.OffloadPathEntries);
        walk.Answer(Take(walk, _second), NdisStatus.Success);
        TreeStep third = Take(walk, _tcp[2]);
        walk.Answer(Take(walk, _tcp[3]), NdisStatus.OffloadTcpEntries);
        walk.Next().ShouldBeNull();
        walk.Answer(third, NdisStatus.Success);
        walk.IsOver.ShouldBeTrue();
        walk.Seal(_root).ShouldBe(NdisStatus.OffloadPartialSuccess);
        _first.Status.ShouldBe(NdisStatus.OffloadPathEntries);
        _second.Status.ShouldBe(NdisStatus.OffloadPartialSuccess);
        _tcp.Select(block => block.Status).ShouldBe(
            [NdisStatus.Failure, NdisStatus.Failure, NdisStatus.Success, NdisStatus.OffloadTcpEntries]);
    }

    [Fact]
    public void A_root_that_fails_ends_it()
    {
        TreeWalk walk = Begin(OffloadOperation.Initiate);
        walk.Answer(Take(walk, _root), NdisStatus.OffloadVlanMismatch);
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeTrue();
        walk.Seal(_root).ShouldBe(NdisStatus.OffloadVlanMismatch);
        BlockTree.BlocksOf(_root).Skip(1).ShouldAllBe(block => block.Status == NdisStatus.Failure);
    }

    [Fact]
    public void A_partial_success_climbs_no_further_than_one_layer()
    {
        TreeWalk walk = Begin(OffloadOperation.Initiate);
        while (walk.Next() is { } step)
        {
            walk.Begin(step);
            walk.Answer(step, step.Block == _tcp[1] ? NdisStatus.Failure : NdisStatus.Success);
        }
        walk.Seal(_root).ShouldBe(NdisStatus.Success);
        _first.Status.ShouldBe(NdisStatus.OffloadPartialSuccess);
        _second.Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public void A_terminate_begins_with_what_nothing_depends_on()
    {
        TreeWalk walk = Begin(OffloadOperation.Terminate);
        TreeStep[] open = [.. _tcp.Select(block => Take(walk, block))];
        walk.Next().ShouldBeNull();
        walk.Answer(open[2], NdisStatus.Success);
        walk.Answer(open[3], NdisStatus.Failure);
        TreeStep second = Take(walk, _second);      // does not wait for the first path
        walk.Next().ShouldBeNull();
        walk.Answer(open[0], NdisStatus.Success);
        walk.Answer(open[1], NdisStatus.Success);
        TreeStep first = Take(walk, _first);
        walk.Answer(first, NdisStatus.Success);
        walk.Next().ShouldBeNull();
        walk.Answer(second, NdisStatus.Success);
        walk.Answer(Take(walk, _root), NdisStatus.Success);
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeTrue();
        walk.Seal(_root).ShouldBe(NdisStatus.Success);
        _tcp[3].Status.ShouldBe(NdisStatus.Failure);
    }

    [Theory]
    [InlineData(OffloadOperation.Query)]
    [InlineData(OffloadOperation.Update)]
    [InlineData(OffloadOperation.Invalidate)]
    public void Everything_else_is_asked_at_once(OffloadOperation operation)
    {
        TreeWalk walk = Begin(operation);
        foreach (OffloadBlock block in BlockTree.BlocksOf(_root))
            Take(walk, block);
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeFalse();
        walk.Open.ShouldBe(7);
    }

    [Fact]
    public void Placeholders_are_walked_through()
    {
        OffloadBlock tcp = Blocks.Tcp();
        OffloadBlock path = Blocks.Path(BlockRole.Placeholder, tcp);
        OffloadBlock root = Blocks.Neighbor(BlockRole.Placeholder, path);
        var walk = new TreeWalk(root, OffloadOperation.Initiate);
        walk.Answer(Take(walk, tcp), NdisStatus.Failure);
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeTrue();
        Pending(root);
        walk.Seal(root).ShouldBe(NdisStatus.Success);
        path.Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public void A_linker_that_is_gone_fails_with_everything_below()
    {
        OffloadBlock tcp = Blocks.Tcp();
        OffloadBlock root = Blocks.Neighbor(BlockRole.Placeholder, Blocks.Of(
            OffloadLayer.Path, new OffloadHandle(3, 1), BlockRole.Linker, tcp));
        var walk = new TreeWalk(root, OffloadOperation.Initiate);
        TreeWalk.End(walk.Next()!, NdisStatus.Failure);
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeTrue();
        Pending(root);
        walk.Seal(root);
        root.DependentBlockList!.Status.ShouldBe(NdisStatus.Failure);
        tcp.Status.ShouldBe(NdisStatus.Failure);
    }

    [Fact]
    public void Given_up_it_waits_for_what_is_open_and_begins_nothing_more()
    {
        TreeWalk walk = Begin(OffloadOperation.Initiate);
        walk.Answer(Take(walk, _root), NdisStatus.Success);
        TreeStep path = Take(walk, _first);
        walk.GiveUp();
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeFalse();
        walk.Answer(path, NdisStatus.Success);
        walk.Next().ShouldBeNull();
        walk.IsOver.ShouldBeTrue();
        walk.Seal(_root).ShouldBe(NdisStatus.OffloadPartialSuccess);
        _first.Status.ShouldBe(NdisStatus.OffloadPartialSuccess);
        _second.Status.ShouldBe(NdisStatus.Failure);
        _second.BroughtHome.ShouldBeTrue();
        _first.BroughtHome.ShouldBeFalse();
    }

    private TreeWalk Begin(OffloadOperation operation)
    {
        Pending(_root);
        return new TreeWalk(_root, operation);
    }

    private static void Pending(OffloadBlock root)
    {
        foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            block.Status = NdisStatus.Pending;
    }

    private static TreeStep Take(TreeWalk walk, OffloadBlock expected)
    {
        TreeStep step = walk.Next().ShouldNotBeNull();
        step.Block.ShouldBe(expected);
        walk.Begin(step);
        return step;
    }
}
