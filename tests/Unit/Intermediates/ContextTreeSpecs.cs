using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>Each block of an initiate needs a context of its own (IM-14).</summary>
public sealed class ContextTreeSpecs : StackSpec
{
    internal override void Build(StackBuilder stack)
    {
        base.Build(stack);
        stack.ContextsMax("mux0", 3);
    }

    [Fact]
    public async Task Of_a_tree_with_more_blocks_than_contexts_each_says_so_and_nothing_goes_down()
    {
        OffloadBlock[] tcp = [.. Enumerable.Range(0, 2).Select(_ => new OffloadBlock { Socket = NewSocket() })];
        OffloadBlock root = Blocks.Neighbor(BlockRole.Subject, Blocks.Path(BlockRole.Subject, tcp));

        await Named("initiate", Blocks.NewInitiate(Chimney.Binding("tcpip"), root).Post());

        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Resources);
        Target.Submitted.ShouldBeEmpty();
        (Chimney.Connections, Chimney.StateObjects).ShouldBe((0, 0));
        foreach (OffloadBlock block in tcp)
            block.Socket!.Dispose();
    }

    [Fact]
    public async Task Connections_that_do_not_fit_together_are_offloaded_one_by_one()
    {
        Binding binding = Chimney.Binding("tcpip");
        NetworkPath path = binding.NewPath(binding.NewNeighbor(new PhysicalAddress([2, 0, 0, 0, 0, 1])),
            IPAddress.Parse("192.0.2.1"), IPAddress.Parse("198.51.100.2"), 1_500);

        OffloadedConnection[] all = await Within(Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => binding.OffloadAsync(NewSocket(), path))));

        Chimney.Connections.ShouldBe(5);
        Chimney.StateObjects.ShouldBe(2);
        await Within(Task.WhenAll(all.Select(connection => connection.DisposeAsync().AsTask())));
        await Until(() => Chimney.StateObjects == 0);
    }
}
