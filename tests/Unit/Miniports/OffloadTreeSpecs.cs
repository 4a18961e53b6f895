using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Miniports;

/// <summary>Trees of blocks through a whole stack.</summary>
public sealed class OffloadTreeSpecs : StackSpec
{
    private const BlockRole Subject = BlockRole.Subject;
    private const BlockRole Linker = BlockRole.Linker;
    private const BlockRole Placeholder = BlockRole.Placeholder;

    [Fact]
    public async Task A_whole_tree_is_offloaded_depth_first_and_linked()
    {
        var tree = new Tree(this, connections: 2);
        await tree.InitiateAsync();
        BlockTree.BlocksOf(tree.Root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        Target.Submitted.Select(request => (request.Connection, ((OffloadBlock)request.Flight.Head).Parent)).ShouldBe(
        [
            (tree.Root.Connection, OffloadHandle.None),
            (tree.Path.Connection, tree.Root.Connection),
            (tree.Tcp[0].Connection, tree.Path.Connection),
            (tree.Tcp[1].Connection, tree.Path.Connection),
        ]);
        Chimney.Connections.ShouldBe(2);
        Chimney.StateObjects.ShouldBe(2);
        SendResult sent = await Within(tree.Connections[0].SendAsync("hello"u8.ToArray()).AsTask());
        sent.Status.ShouldBe(NdisStatus.Success);
        await tree.TerminateAsync();
        BlockTree.BlocksOf(tree.Root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        tree.Tcp.ShouldAllBe(block => block.Socket != null);
        Target.Objects.ShouldBeEmpty();
        (Chimney.Connections, Chimney.StateObjects).ShouldBe((0, 0));
        tree.Release();
    }

    [Fact]
    public async Task New_connections_are_linked_to_a_path_that_is_there()
    {
        var tree = new Tree(this, connections: 1);
        await tree.InitiateAsync();
        OffloadBlock[] added = [.. tree.NewTcp(2)];
        OffloadBlock path = Blocks.Of(OffloadLayer.Path, tree.Path.Connection, Linker, added);
        OffloadBlock root = Blocks.Neighbor(Placeholder, path);
        await tree.InitiateAsync(root);
        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        added.ShouldAllBe(block => Target.Submitted.Any(request => request.Connection == block.Connection
            && ((OffloadBlock)request.Flight.Head).Parent == tree.Path.Connection));
        await tree.EndAsync();
    }

    [Fact]
    public async Task Some_connections_can_fail_and_their_path_says_so()
    {
        var tree = new Tree(this, connections: 3);
        Target.StatusOf = request => request.Connection == tree.Tcp[1].Connection
            ? NdisStatus.OffloadTcpEntries : NdisStatus.Success;
        await tree.InitiateAsync();
        tree.Root.Status.ShouldBe(NdisStatus.Success);
        tree.Path.Status.ShouldBe(NdisStatus.OffloadPartialSuccess);
        tree.Tcp.Select(block => block.Status).ShouldBe(
            [NdisStatus.Success, NdisStatus.OffloadTcpEntries, NdisStatus.Success]);
        Chimney.Connections.ShouldBe(2);
        Target.StatusOf = _ => NdisStatus.Success;
        await tree.EndAsync();
    }

    [Fact]
    public async Task A_target_without_state_objects_is_asked_for_connections_alone()
    {
        Target.TakesObjects = false;
        var tree = new Tree(this, connections: 1);
        await tree.InitiateAsync();
        tree.Root.Status.ShouldBe(NdisStatus.OffloadNeighborEntries);
        tree.Tcp[0].Status.ShouldBe(NdisStatus.Failure);
        Target.Submitted.ShouldBeEmpty();
        (Chimney.Connections, Chimney.StateObjects).ShouldBe((0, 0));

        OffloadBlock[] tcp = [.. tree.NewTcp(2)];
        OffloadBlock root = Blocks.Neighbor(Placeholder, Blocks.Path(Placeholder, tcp));
        await tree.InitiateAsync(root);
        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        OffloadBlock query = Blocks.Neighbor(Placeholder, Blocks.Path(Placeholder,
            [.. tcp.Select(block => Blocks.Of(OffloadLayer.Tcp, block.Connection))]));
        await Within(Chimney.Binding("tcpip").NewTree(OffloadOperation.Query, query).Post());
        query.DependentBlockList!.DependentBlockList!.Queried.ShouldNotBeNull();
        foreach (OffloadedConnection connection in tree.Connections.Skip(1))
            OffloadedConnection.Release(await Within(connection.UploadAsync()));
    }

    [Fact]
    public async Task An_update_reaches_each_object_and_moves_paths()
    {
        var tree = new Tree(this, connections: 1);
        await tree.InitiateAsync();
        OffloadBlock other = Blocks.Neighbor(Subject);
        await tree.InitiateAsync(other);
        OffloadBlock path = Blocks.Of(OffloadLayer.Path, tree.Path.Connection);
        path.Path = new PathOffloadState { Cached = new() { PathMtu = 1400 } };
        OffloadBlock root = Blocks.Of(OffloadLayer.Neighbor, other.Connection, Subject, path);
        await Within(Chimney.Binding("tcpip").NewTree(OffloadOperation.Update, root).Post());
        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        ScriptedObject moved = Target.ObjectOf(tree.Path.Connection)!;
        (moved.Parent, moved.Path!.Cached.PathMtu).ShouldBe((other.Connection, 1400));
        Chimney.Stack.Links.DependentsOf(tree.Root.Connection).ShouldBeEmpty();

        // The first neighbor may leave now, the second may not.
        await Terminate(Blocks.Of(OffloadLayer.Neighbor, tree.Root.Connection), NdisStatus.Success);
        Expected = [VerifierCheck.RefCount];
        await Terminate(Blocks.Of(OffloadLayer.Neighbor, other.Connection), NdisStatus.Failure);
        OffloadedConnection.Release(await Within(tree.Connections[0].UploadAsync()));
        await Terminate(Blocks.Of(OffloadLayer.Neighbor, other.Connection, Subject,
            Blocks.Of(OffloadLayer.Path, tree.Path.Connection)), NdisStatus.Success);
        Target.Objects.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_asks_about_what_is_over_is_named()
    {
        var tree = new Tree(this, connections: 1);
        await tree.InitiateAsync();
        await tree.EndAsync();
        Expected = [VerifierCheck.NotReady];
        OffloadBlock other = Blocks.Neighbor(Subject);
        await tree.InitiateAsync(other);
        OffloadBlock root = Blocks.Of(OffloadLayer.Neighbor, tree.Root.Connection);
        root.NextBlock = Blocks.Of(OffloadLayer.Neighbor, other.Connection);
        await Within(Chimney.Binding("tcpip").NewTree(OffloadOperation.Query, root).Post());
        (root.Status, root.NextBlock.Status).ShouldBe((NdisStatus.Failure, NdisStatus.Success));
        await Terminate(Blocks.Of(OffloadLayer.Neighbor, other.Connection), NdisStatus.Success);
    }

    [Fact]
    public async Task Two_updates_of_one_object_at_once_are_reported()
    {
        Expected = [VerifierCheck.NotReady];
        var tree = new Tree(this, connections: 0);
        await tree.InitiateAsync();
        Target.IsAutomatic = false;
        Task<OffloadBlock> first = Update(tree);
        Task<OffloadBlock> second = Update(tree);
        (await Within(second)).Status.ShouldBe(NdisStatus.Failure);
        Target.ObjectOf(tree.Root.Connection)!.Answer();
        (await Within(first)).Status.ShouldBe(NdisStatus.Success);
        Target.IsAutomatic = true;
        await tree.EndAsync();
    }

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "tcpip", "mux1", "mux0", "nic0", "nic0-shelf", "connection");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_wherever_every_block_has_a_status_and_it_is_true(string driver, CrashStep step)
    {
        for (int visit = 0; visit < 200; visit++)
        {
            string what = $"{driver} {step} {visit}";
            var tree = new Tree(this, connections: 2);
            Crashes.Arm(driver, step, visit);
            await tree.InitiateAsync(what);
            tree.CheckInitiated(what);
            await tree.QueryAsync(what);
            await tree.TerminateAsync(what);
            bool crashed = Crashes.HasCrashed;
            Crashes.Disarm();
            await tree.EndAsync(what);
            (Chimney.Connections, Chimney.StateObjects).ShouldBe((0, 0), what);
            await Until(() => Target.Objects.Length == 0 && Target.Connections.Length == 0);
            if (!crashed)
                break;
        }
    }

    private Task<OffloadBlock> Update(Tree tree)
    {
        OffloadBlock root = Blocks.Of(OffloadLayer.Neighbor, tree.Root.Connection);
        root.Neighbor = Blocks.NewNeighbor();
        return Chimney.Binding("tcpip").NewTree(OffloadOperation.Update, root).Post();
    }

    private async Task Terminate(OffloadBlock root, NdisStatus expected)
    {
        await Within(Chimney.Binding("tcpip").NewTree(OffloadOperation.Terminate, root).Post());
        root.Status.ShouldBe(expected);
    }

    /// <summary>A neighbor, a path, some connections, and who owns them.</summary>
    private sealed class Tree
    {
        private readonly OffloadTreeSpecs _spec;
        private readonly Dictionary<OffloadBlock, OffloadedConnection> _users = [];

        public Tree(OffloadTreeSpecs spec, int connections)
        {
            _spec = spec;
            Tcp = [.. NewTcp(connections)];
            Path = Blocks.Path(Subject, Tcp);
            Root = Blocks.Neighbor(Subject, Path);
        }

        public OffloadBlock Root { get; }

        public OffloadBlock Path { get; }

        public OffloadBlock[] Tcp { get; }

        public OffloadedConnection[] Connections => [.. _users.Values];

        public IEnumerable<OffloadBlock> NewTcp(int count)
        {
            for (; count > 0; count--)
            {
                var block = new OffloadBlock { Socket = NewSocket() };
                _users[block] = _spec.Chimney.Binding("tcpip").NewConnection(null);
                yield return block;
            }
        }

        public Task InitiateAsync(string what = "initiate") => InitiateAsync(Root, what);

        public async Task InitiateAsync(OffloadBlock root, string what = "initiate")
        {
            TreePost post = _spec.Chimney.Binding("tcpip").NewTree(OffloadOperation.Initiate, root);
            foreach (OffloadBlock block in BlockTree.BlocksOf(root).Where(block => block.Role == Subject))
                post.Owners[block] = block.Layer == OffloadLayer.Tcp ? _users[block].Core : new Nobody();
            await _spec.Named(what, post.Post());
        }

        /// <summary>What the host was told is what the target has.</summary>
        public void CheckInitiated(string what)
        {
            foreach (OffloadBlock block in BlockTree.BlocksOf(Root))
            {
                BlockTree.StatusFault(block, OffloadOperation.Initiate).ShouldBeNull(what);
                bool isThere = _spec.Chimney.Stack.Handles.Find(block.Connection) is { Ended: false };
                isThere.ShouldBe(BlockTree.IsOffloaded(block.Status), $"{what}: {block.Layer} {block.Status}");
            }
        }

        public async Task QueryAsync(string what)
        {
            if (Living(Root) is not { } root)
                return;
            await _spec.Named(what + " query", _spec.Chimney.Binding("tcpip").NewTree(
                OffloadOperation.Query, root).Post());
            foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            {
                BlockTree.StatusFault(block, OffloadOperation.Query).ShouldBeNull(what);
                if (block.Status == NdisStatus.Success)
                    (block.Neighbor ?? block.Path ?? (object?)block.Queried).ShouldNotBeNull(what);
            }
        }

        public async Task TerminateAsync(string what = "terminate")
        {
            if (Living(Root) is not { } root)
                return;
            await _spec.Named(what + " terminate", _spec.Chimney.Binding("tcpip").NewTree(
                OffloadOperation.Terminate, root).Post());
            foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            {
                BlockTree.StatusFault(block, OffloadOperation.Terminate).ShouldBeNull(what);
                block.Socket?.Dispose();
            }
            (OffloadBlock Old, OffloadBlock New)[] pairs =
                [.. BlockTree.BlocksOf(Root).Where(IsThere).Zip(BlockTree.BlocksOf(root))];
            foreach ((OffloadBlock old, OffloadBlock told) in pairs)
                (old.Status, old.Socket) = (told.Status, told.Socket);
        }

        /// <summary>Takes back what is left, again and again.</summary>
        public async Task EndAsync(string what = "end")
        {
            for (int round = 0; BlockTree.BlocksOf(Root).Any(IsThere); round++)
            {
                round.ShouldBeLessThan(20, what);
                foreach (OffloadedConnection connection in Connections)
                    if (_spec.Chimney.Stack.Handles.Find(connection.Handle) is { Ended: false })
                        OffloadedConnection.Release(await _spec.Named(what, connection.UploadAsync()));
                if (Living(Root) is { } root)
                    await _spec.Named(what, _spec.Chimney.Binding("tcpip").NewTree(
                        OffloadOperation.Terminate, root).Post());
            }
            foreach (OffloadedConnection connection in Connections)
                if (_spec.Chimney.Stack.Handles.Find(connection.Handle) is { Ended: false })
                    OffloadedConnection.Release(await _spec.Named(what, connection.UploadAsync()));
            Release();
        }

        public void Release()
        {
            foreach (OffloadBlock block in _users.Keys)
                block.Socket?.Dispose();
        }

        private bool IsThere(OffloadBlock block) =>
            _spec.Chimney.Stack.Handles.Find(block.Connection) is { Ended: false };

        /// <summary>The same tree of what is still offloaded; null for nothing.</summary>
        private OffloadBlock? Living(OffloadBlock first)
        {
            var living = new List<OffloadBlock>();
            for (OffloadBlock? block = first; block is not null; block = block.NextBlock)
                if (IsThere(block))
                    living.Add(Blocks.Of(block.Layer, block.Connection, Subject,
                        [.. block.DependentBlockList is { } below ? Siblings(Living(below)) : []]));
            for (int i = 0; i + 1 < living.Count; i++)
                living[i].NextBlock = living[i + 1];
            return living.FirstOrDefault();
        }

        private static IEnumerable<OffloadBlock> Siblings(OffloadBlock? first)
        {
            for (; first is not null; first = first.NextBlock)
                yield return first;
        }
    }
}
