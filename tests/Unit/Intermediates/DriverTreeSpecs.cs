using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>What is asked of many connections at once, in a tree, passes our drivers as what is asked of one.</summary>
public sealed class DriverTreeSpecs : StackSpec
{
    private const int Sends = 5;
    private readonly List<OffloadedConnection> _connections = [];

    internal override void Build(StackBuilder stack) => stack
        .Miniport("nic0", Target)
        .Intermediate("filter0", "nic0", FilterDriver.Of(new FilterSettings
        {
            Rules = [new FilterRule(false, IPNetwork.Parse("10.0.0.66/32"), null, null)],
            ConnectionsPerPeerMax = 2,
        }))
        .Intermediate("throttle0", "filter0", () => new ThrottleDriver(new ThrottleSettings
        {
            RequestsPerSecond = 1,
            Burst = TimeSpan.Zero,
        }))
        .Intermediate("capture0", "throttle0", new Capture(Stream.Null, Stream.Null).NewDriver)
        .Binding("tcpip", over: "capture0");

    [Fact]
    public async Task A_tree_with_a_connection_that_is_denied_is_refused_as_a_whole()
    {
        OffloadBlock root = await InitiateAsync("10.0.0.1", "10.0.0.66");
        root.Status.ShouldBe(NdisStatus.OffloadConnectionRejected);
        root.Refusal.ShouldNotBeNull().ShouldContain("10.0.0.66");
        BlockTree.BlocksOf(root).Skip(1).ShouldAllBe(block => block.Status == NdisStatus.Failure);
        Target.Submitted.ShouldBeEmpty();
        Release(root);

        // Who was let through before another one was denied has not lost a place.
        OffloadBlock again = await InitiateAsync("10.0.0.1", "10.0.0.1");
        again.Status.ShouldBe(NdisStatus.Success);
        OffloadBlock full = await InitiateAsync("10.0.0.1");
        full.Status.ShouldBe(NdisStatus.OffloadTcpEntries);
        Release(full);
        await TerminateAsync(again);
        OffloadBlock next = await InitiateAsync("10.0.0.1");
        next.Status.ShouldBe(NdisStatus.Success);
        await TerminateAsync(next);
    }

    [Fact]
    public async Task What_a_throttle_holds_goes_before_the_terminate_of_the_tree()
    {
        OffloadBlock root = await InitiateAsync("10.0.0.1", "10.0.0.2");
        int answered = 0;       // by callbacks: a task would be completed a moment later, on another thread
        foreach (OffloadedConnection connection in _connections)
            for (int i = 0; i < Sends; i++)
                connection.Send(new byte[10], (_, _) => Interlocked.Increment(ref answered), null);
        await Until(() => Chimney.ViewRequests(100).Count(request => request.Holder == "throttle0") >= Sends);

        await TerminateAsync(root);

        answered.ShouldBe(_connections.Count * Sends);
        Chimney.Connections.ShouldBe(0);
    }

    private async Task<OffloadBlock> InitiateAsync(params string[] peers)
    {
        OffloadBlock[] tcp = [.. peers.Select((peer, index) => new OffloadBlock
        {
            Socket = NewSocket(),
            FourTuple = new FourTuple(
                IPEndPoint.Parse("10.0.0.100:80"), new IPEndPoint(IPAddress.Parse(peer), 1000 + index)),
        })];
        OffloadBlock root = Blocks.Neighbor(BlockRole.Subject, Blocks.Path(BlockRole.Subject, tcp));
        TreePost post = Chimney.Binding("tcpip").NewTree(OffloadOperation.Initiate, root);
        foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            post.Owners[block] = block.Layer == OffloadLayer.Tcp ? NewConnection() : new Nobody();
        await Named("initiate", post.Post());
        return root;
    }

    private BindingConnection NewConnection()
    {
        OffloadedConnection connection = Chimney.Binding("tcpip").NewConnection(null);
        _connections.Add(connection);
        return connection.Core;
    }

    private async Task TerminateAsync(OffloadBlock offloaded)
    {
        OffloadBlock path = offloaded.DependentBlockList!;
        OffloadBlock[] tcp = [.. BlockTree.ConnectionsOf(offloaded)
            .Select(block => Blocks.Of(OffloadLayer.Tcp, block.Connection))];
        OffloadBlock root = Blocks.Of(OffloadLayer.Neighbor, offloaded.Connection, BlockRole.Subject,
            Blocks.Of(OffloadLayer.Path, path.Connection, BlockRole.Subject, tcp));
        await Named("terminate", Chimney.Binding("tcpip").NewTree(OffloadOperation.Terminate, root).Post());
        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        Release(root);
    }

    private static void Release(OffloadBlock root)
    {
        foreach (OffloadBlock block in BlockTree.ConnectionsOf(root))
            block.Socket?.Dispose();
    }
}
