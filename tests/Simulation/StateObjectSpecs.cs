using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Neighbors and paths of the simulated target, under a whole stack.</summary>
public sealed class StateObjectSpecs : IDisposable
{
    private const BlockRole Linker = BlockRole.Linker;
    private const BlockRole Subject = BlockRole.Subject;
    private static readonly IPAddress Source = new([192, 0, 2, 1]);
    private static readonly IPAddress Destination = new([198, 51, 100, 2]);
    private readonly Dictionary<OffloadBlock, object> _owners = [];
    private DrivenStack _stack = new(1);

    public void Dispose() => _stack.Dispose();

    [Fact]
    public void Segments_are_no_longer_than_the_path_lets_them_be()
    {
        OffloadBlock tree = Neighbor(Path(700, Tcp(out SimulatedLine line, out OffloadedConnection connection)));
        Ask(OffloadOperation.Initiate, tree);
        All(tree).ShouldBe([NdisStatus.Success, NdisStatus.Success, NdisStatus.Success]);
        Longest(line, connection, 5_000).ShouldBe(660);
        Ask(OffloadOperation.Update, Of(OffloadLayer.Path, tree.DependentBlockList!, new() { PathMtu = 1_200 }));
        Longest(line, connection, 5_000).ShouldBe(1_160);
        Ask(OffloadOperation.Update, Of(OffloadLayer.Path, tree.DependentBlockList!, new() { PathMtu = 600 }));
        Longest(line, connection, 5_000).ShouldBe(560);
        End(tree, connection);
    }

    [Fact]
    public void A_query_brings_all_that_there_is()
    {
        OffloadBlock tree = Neighbor(Path(1_300, Tcp(out _, out OffloadedConnection connection)));
        tree.Neighbor = tree.Neighbor! with
        {
            Const = new() { VlanId = 7 },
            Cached = tree.Neighbor.Cached with { HostReachabilityDelta = TimeSpan.FromSeconds(2) },
        };
        Ask(OffloadOperation.Initiate, tree);
        _stack.Pass(TimeSpan.FromSeconds(3));
        OffloadBlock query = Of(OffloadLayer.Neighbor, tree, below: Of(OffloadLayer.Path, tree.DependentBlockList!));
        Ask(OffloadOperation.Query, query);
        NeighborOffloadState neighbor = query.Neighbor!;
        neighbor.Const.VlanId.ShouldBe(7);
        neighbor.Cached.DestinationAddress.ShouldBe(tree.Neighbor.Cached.DestinationAddress);
        neighbor.Cached.HostReachabilityDelta!.Value.TotalSeconds.ShouldBe(5, 0.1);
        neighbor.Delegated.NicReachabilityDelta.TotalSeconds.ShouldBe(5, 0.1);
        query.DependentBlockList!.Path!.ShouldBe(tree.DependentBlockList!.Path);
        End(tree, connection);
    }

    [Fact]
    public void Each_limit_has_a_status_of_its_own()
    {
        Restart(new SimulatedTargetSettings
        {
            NeighborsMax = 3,
            PathsMax = 1,
            HardwareAddressesMax = 1,
            VlanIds = [5, 6],
            VlanIdsMax = 1,
            PathMtuMax = 1_500,
            ReceiveWindowMax = 60_000,
        });
        Begin(Own(1, 0)).ShouldBe(NdisStatus.Success);
        Begin(Own(2, 0)).ShouldBe(NdisStatus.OffloadHwAddressEntries);
        Begin(Own(1, 5)).ShouldBe(NdisStatus.Success);
        Begin(Own(1, 6)).ShouldBe(NdisStatus.OffloadVlanEntries);
        Begin(Own(1, 7)).ShouldBe(NdisStatus.OffloadVlanMismatch);
        OffloadBlock last = Neighbor(Path(1_501));
        Ask(OffloadOperation.Initiate, last);
        All(last).ShouldBe([NdisStatus.OffloadPartialSuccess, NdisStatus.OffloadPathMtu]);
        Begin(Neighbor()).ShouldBe(NdisStatus.OffloadNeighborEntries);
        OffloadBlock linked = Of(OffloadLayer.Neighbor, last, role: Linker,
            below: Path(1_500, Tcp(out _, out _)));       // with a window of 65,535
        linked.DependentBlockList!.NextBlock = Path(1_400);
        Ask(OffloadOperation.Initiate, linked);
        All(linked).ShouldBe([NdisStatus.OffloadPartialSuccess, NdisStatus.OffloadPartialSuccess,
            NdisStatus.OffloadTcpRcvWindow, NdisStatus.OffloadPathEntries]);
    }

    [Fact]
    public void Where_the_interface_has_no_vlan_no_vlan_is_a_reason_to_fail()
    {
        Restart(new SimulatedTargetSettings { VlanIdsMax = 0 });
        Begin(Own(1, 7)).ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public void A_connection_is_taken_on_its_own_path_alone()
    {
        OffloadBlock path = Path(1_500, Tcp(out _, out _));
        path.Path = path.Path! with { Const = new PathOffloadStateConst(Source, Source) };
        OffloadBlock tree = Neighbor(path);
        Ask(OffloadOperation.Initiate, tree);
        All(tree).ShouldBe([NdisStatus.Success, NdisStatus.OffloadPartialSuccess,
            NdisStatus.OffloadConnectionRejected]);
    }

    [Theory]
    [InlineData(OffloadLayer.Neighbor)]
    [InlineData(OffloadLayer.Path)]
    public void What_hangs_on_an_invalid_object_stops_and_wants_to_go_back(OffloadLayer layer)
    {
        OffloadBlock tree = Neighbor(Path(1_500,
            Tcp(out SimulatedLine first, out OffloadedConnection one), Tcp(out _, out OffloadedConnection two)));
        OffloadBlock other = Neighbor(Path(1_500, Tcp(out _, out OffloadedConnection three)));
        tree.NextBlock = other;
        Ask(OffloadOperation.Initiate, tree);
        OffloadBlock told = layer == OffloadLayer.Neighbor ? tree : tree.DependentBlockList!;
        Ask(OffloadOperation.Invalidate, Of(layer, told));
        _stack.Result(one.UploadWanted).ShouldBe(TcpUploadReason.InvalidState);
        _stack.Result(two.UploadWanted).ShouldBe(TcpUploadReason.InvalidState);
        Task<SendResult> late = one.SendAsync(new byte[100]).AsTask();
        SendResult good = _stack.Result(three.SendAsync(new byte[100]).AsTask());
        good.Status.ShouldBe(NdisStatus.Success);
        three.WantsUpload.ShouldBeFalse();
        first.Peer.Received.ShouldBe(0);
        tree.NextBlock = null;
        End(tree, one, two);
        _stack.Result(late).Status.ShouldBe(NdisStatus.UploadInProgress);
        End(other, three);
    }

    [Fact]
    public void A_path_moves_to_another_neighbor_with_its_connections()
    {
        OffloadBlock tree = Neighbor(Path(1_500, Tcp(out SimulatedLine line, out OffloadedConnection connection)));
        OffloadBlock next = Neighbor();
        tree.NextBlock = next;
        next.Neighbor = next.Neighbor! with { Cached = new() { DestinationAddress = Mac(77) } };
        Ask(OffloadOperation.Initiate, tree);
        _stack.FrameOf(line, connection).Destination.ShouldBe(Mac(9));
        Ask(OffloadOperation.Update, Of(OffloadLayer.Neighbor, next, below:
            Of(OffloadLayer.Path, tree.DependentBlockList!)));
        _stack.FrameOf(line, connection).Destination.ShouldBe(Mac(77));
        Ask(OffloadOperation.Update, Of(OffloadLayer.Neighbor, next, mac: Mac(78)));
        _stack.FrameOf(line, connection).Destination.ShouldBe(Mac(78));
        tree.NextBlock = null;
        Ask(OffloadOperation.Terminate, Of(OffloadLayer.Neighbor, tree)).Status.ShouldBe(NdisStatus.Success);
        Release(_stack.Result(connection.UploadAsync()));
        Ask(OffloadOperation.Terminate, Of(OffloadLayer.Neighbor, next, below:
            Of(OffloadLayer.Path, tree.DependentBlockList!))).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public void Pulled_out_it_answers_for_its_objects_all_the_same()
    {
        OffloadBlock tree = Neighbor(Path(1_500, Tcp(out _, out OffloadedConnection connection)));
        Ask(OffloadOperation.Initiate, tree);
        _stack.Target.Remove();
        Ask(OffloadOperation.Query, Of(OffloadLayer.Neighbor, tree)).Status.ShouldBe(NdisStatus.Failure);
        _stack.Result(connection.TerminateAsync()).Socket.ShouldBeNull();
        OffloadBlock terminate = Of(OffloadLayer.Neighbor, tree, below: Of(
            OffloadLayer.Path, tree.DependentBlockList!));
        Ask(OffloadOperation.Terminate, terminate);
        All(terminate).ShouldBe([NdisStatus.Failure, NdisStatus.Failure]);
        _stack.Chimney.StateObjects.ShouldBe(0);
    }

    private void Restart(SimulatedTargetSettings settings)
    {
        _stack.Dispose();
        _stack = new DrivenStack(1, settings);
    }

    private NdisStatus Begin(OffloadBlock root) => Ask(OffloadOperation.Initiate, root).Status;

    private OffloadBlock Ask(OffloadOperation operation, OffloadBlock root)
    {
        TreePost post = _stack.Chimney.Binding("tcpip").NewTree(operation, root);
        if (operation == OffloadOperation.Initiate)
            foreach (OffloadBlock block in BlockTree.BlocksOf(root).Where(block => block.Role == Subject))
                post.Owners[block] = _owners.GetValueOrDefault(block, new Nobody());
        return _stack.Result(post.Post());
    }

    private static NdisStatus[] All(OffloadBlock root) =>
        [.. BlockTree.BlocksOf(root).Select(block => block.Status)];

    private void End(OffloadBlock tree, params OffloadedConnection[] connections)
    {
        foreach (OffloadedConnection connection in connections)
            Release(_stack.Result(connection.UploadAsync()));
        OffloadBlock terminate = Of(OffloadLayer.Neighbor, tree, below: Of(
            OffloadLayer.Path, tree.DependentBlockList!));
        Ask(OffloadOperation.Terminate, terminate);
        All(terminate).ShouldBe([NdisStatus.Success, NdisStatus.Success]);
    }

    private static void Release(UploadResult rest) => OffloadedConnection.Release(rest);

    private int Longest(SimulatedLine line, OffloadedConnection connection, int bytes)
    {
        int longest = 0;
        void See(WireSighting seen)
        {
            if (seen.End == line.Wire.Left && !seen.IsArrival)
                longest = Math.Max(longest, seen.Segment.Data.Length);
        }

        line.Wire.Seen += See;
        _stack.Result(connection.SendAsync(new byte[bytes]).AsTask()).Status.ShouldBe(NdisStatus.Success);
        line.Wire.Seen -= See;
        return longest;
    }

    private static PhysicalAddress Mac(byte last) => new([2, 0, 0, 0, 0, last]);

    private static OffloadBlock Neighbor(params OffloadBlock[] paths) => new()
    {
        Layer = OffloadLayer.Neighbor,
        Neighbor = new NeighborOffloadState { Cached = new() { DestinationAddress = Mac(9) } },
        DependentBlockList = Siblings(paths),
    };

    private static OffloadBlock Own(byte address, int vlan) => new()
    {
        Layer = OffloadLayer.Neighbor,
        Neighbor = new NeighborOffloadState
        {
            Const = new() { SourceAddress = Mac((byte)(100 + address)), VlanId = vlan },
        },
    };

    private static OffloadBlock Path(int mtu, params OffloadBlock[] connections) => new()
    {
        Layer = OffloadLayer.Path,
        Path = new PathOffloadState
        {
            Const = new PathOffloadStateConst(Source, Destination),
            Cached = new() { PathMtu = mtu },
        },
        DependentBlockList = Siblings(connections),
    };

    private OffloadBlock Tcp(out SimulatedLine line, out OffloadedConnection connection)
    {
        line = _stack.Network.Connect();
        line.Peer.Reader = static _ => { };
        connection = _stack.Chimney.Binding("tcpip").NewConnection(null);
        var block = new OffloadBlock { Socket = line.Socket };
        _owners[block] = connection.Core;
        return block;
    }

    private static OffloadBlock Of(
        OffloadLayer layer, OffloadBlock offloaded, PathOffloadStateCached? path = null, PhysicalAddress? mac = null,
        BlockRole role = Subject, OffloadBlock? below = null) => new()
        {
            Layer = layer,
            Role = role,
            Connection = offloaded.Connection,
            Path = path is null ? null : new PathOffloadState { Cached = path },
            Neighbor = mac is null ? null : new NeighborOffloadState { Cached = new() { DestinationAddress = mac } },
            DependentBlockList = below,
        };

    private static OffloadBlock? Siblings(OffloadBlock[] blocks)
    {
        for (int i = 0; i + 1 < blocks.Length; i++)
            blocks[i].NextBlock = blocks[i + 1];
        return blocks.FirstOrDefault();
    }

    /// <summary>Owns paths and neighbors, and knows nothing of them.</summary>
    private sealed class Nobody : IStateOwner
    {
        public ConnectionEntry? Entry { get; set; }

        public TimeSpan AnswerReachability(NeighborOffloadState state) => TimeSpan.Zero;

        public void InDoubt()
        {
        }

        public void Lost()
        {
        }

        public void DependentLeft()
        {
        }
    }
}
