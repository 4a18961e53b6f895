using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Neighbors and paths of a host over the simulated target, in virtual time: what the wire shows of them, and
/// who asks whom whether a neighbor is there.</summary>
public sealed class NetworkPathSpecs : IDisposable, INeighborUser
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private readonly DrivenStack _stack = new(1);
    private int _probes;
    private bool _answers;
    private bool _isDone;

    [Fact]
    public void Segments_of_every_connection_on_a_path_are_as_long_as_it_is_now()
    {
        NetworkPath path = NewPath(700);
        OffloadedConnection one = Offload(path, out SimulatedLine first), two = Offload(path, out SimulatedLine second);
        (Longest(first, one), Longest(second, two)).ShouldBe((660, 660));
        Do(path.UpdateAsync(1_200));
        (Longest(first, one), Longest(second, two)).ShouldBe((1_160, 1_160));
        End(one, two);
    }

    [Fact]
    public void Connections_on_what_is_no_longer_true_ask_to_be_taken_back_and_go_on_with_a_new_offload()
    {
        NetworkPath path = NewPath(1_500);
        OffloadedConnection one = Offload(path, out _);
        Do(path.Neighbor.InvalidateAsync());
        _stack.Result(one.UploadWanted).ShouldBe(TcpUploadReason.InvalidState);
        UploadResult back = _stack.Result(one.UploadAsync());
        (OffloadedConnection again, Task<OffloadOutcome> initiate) =
            _stack.Chimney.Binding("tcpip").BeginOffload(back, path, null, null);
        _stack.Result(initiate).Status.ShouldBe(NdisStatus.Success);
        SendResult sent = _stack.Result(again.SendAsync(new byte[10]).AsTask());
        (sent.Status, again.WantsUpload).ShouldBe((NdisStatus.Success, false));
        End(again);
    }

    [Fact]
    public void While_what_is_sent_arrives_the_target_tells_and_nobody_is_probed()
    {
        NetworkPath path = NewPath(1_500);
        OffloadedConnection one = Offload(path, out _);
        _stack.Pass(Long);
        path.Neighbor.Reachability.ShouldBe(NeighborReachability.Stale);
        _stack.Result(one.SendAsync(new byte[10]).AsTask()).Status.ShouldBe(NdisStatus.Success);
        _stack.Until(() => path.Neighbor.Reachability == NeighborReachability.Delay);
        _stack.Until(() => path.Neighbor.Reachability != NeighborReachability.Delay);
        (path.Neighbor.Reachability, _probes).ShouldBe((NeighborReachability.Reachable, 0));
        End(one);
    }

    [Fact]
    public void Before_the_host_sends_itself_it_asks_the_target_while_the_neighbor_is_in_doubt()
    {
        NetworkPath path = NewPath(1_500);
        OffloadedConnection one = Offload(path, out _);
        _stack.Pass(Long);
        _stack.Result(path.Neighbor.IsReachableAsync()).ShouldBeFalse();
        _stack.Result(one.SendAsync(new byte[10]).AsTask()).Status.ShouldBe(NdisStatus.Success);
        _stack.Until(() => path.Neighbor.Reachability == NeighborReachability.Delay);
        _stack.Result(path.Neighbor.IsReachableAsync()).ShouldBeTrue();
        path.Neighbor.Reachability.ShouldBe(NeighborReachability.Reachable);
        End(one);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void If_nothing_shows_that_it_arrives_the_neighbor_is_probed_and_given_up_if_it_is_not_there(bool answers)
    {
        _answers = answers;
        NetworkPath path = NewPath(1_500);
        OffloadedConnection one = Offload(path, out SimulatedLine line);
        _stack.Pass(Long);
        line.Peer.IsMute = true;
        Task<SendResult> sent = one.SendAsync(new byte[10]).AsTask();
        _stack.Until(() => _isDone);
        _probes.ShouldBe(1);
        if (answers)
        {
            path.Neighbor.Reachability.ShouldBe(NeighborReachability.Reachable);
            one.WantsUpload.ShouldBeFalse();
        }
        else
        {
            _stack.Result(one.UploadWanted).ShouldBe(TcpUploadReason.InvalidState);
            path.Neighbor.Handle.ShouldBe(OffloadHandle.None);
        }
        End(one);
        _stack.Result(sent).Status.ShouldBe(NdisStatus.UploadInProgress);
    }

    [Fact]
    public void An_adapter_that_is_pulled_out_takes_its_paths_along_and_leaves_nothing()
    {
        NetworkPath path = NewPath(1_500);
        OffloadedConnection one = Offload(path, out _);
        _stack.Target.Remove();
        OffloadedConnection.Release(_stack.Result(one.UploadAsync()));
        _stack.Until(() => _stack.Chimney.Binding("tcpip").Network.Count == 0);
        (path.Handle, _stack.Chimney.StateObjects).ShouldBe((OffloadHandle.None, 0));
    }

    [Fact]
    public void A_connection_on_a_vlan_hears_only_what_is_on_it()
    {
        OffloadedConnection one = Offload(NewPath(1_500, vlan: 5), out SimulatedLine line, vlan: 5);
        line.Peer.Forge(0, new byte[100], vlan: 6);
        line.Peer.Forge(0, default, SegmentFlags.Rst, vlan: 6);
        _stack.Pass(TimeSpan.FromSeconds(1));
        (one.BytesReceived, one.Aborted.IsCompleted).ShouldBe((0, false));
        ValueTask<ReceiveResult> receive = one.ReceiveAsync(new byte[100]);
        line.Peer.Send(new byte[100]);
        _stack.Result(receive.AsTask()).ShouldBe(new ReceiveResult(NdisStatus.Success, 100));
        End(one);
    }

    [Fact]
    public void A_packet_has_a_tag_if_there_is_something_to_say_in_it()
    {
        OffloadedConnection plain = Offload(NewPath(1_500), out SimulatedLine first);
        OffloadedConnection tagged = Offload(NewPath(1_500, vlan: 5), out SimulatedLine second, vlan: 5);
        (_stack.FrameOf(first, plain).IsTagged, _stack.FrameOf(second, tagged).IsTagged).ShouldBe((false, true));
        foreach (OffloadedConnection one in (OffloadedConnection[])[plain, tagged])
            Do(one.UpdateAsync(new TcpOffloadStateCached { UserPriority = 3 }));
        (_stack.FrameOf(first, plain) with { Source = Mac, Destination = Mac })
            .ShouldBe(new FrameHeader(Mac, Mac, 0, 3));
        (_stack.FrameOf(second, tagged) with { Source = Mac, Destination = Mac })
            .ShouldBe(new FrameHeader(Mac, Mac, 5, 3));
        _stack.FrameOf(first, plain).IsTagged.ShouldBeTrue("a priority alone is in a tag with id 0");
        End(plain, tagged);
    }

    public Task<bool> ProbeAsync(Neighbor neighbor)
    {
        neighbor.Reachability.ShouldBe(NeighborReachability.Probe);
        _probes++;
        _isDone = true;
        return Task.FromResult(_answers);
    }

    public void Dispose() => _stack.Dispose();

    private static PhysicalAddress Mac { get; } = new([2, 0, 0, 0, 0, 9]);

    private NetworkPath NewPath(int mtu, int vlan = 0)
    {
        Binding binding = _stack.Chimney.Binding("tcpip");
        Neighbor neighbor = binding.NewNeighbor(Mac, vlan, user: this);
        return binding.NewPath(
            neighbor, new IPAddress([192, 0, 2, 1]), new IPAddress([198, 51, 100, 2]), mtu);
    }

    private OffloadedConnection Offload(NetworkPath path, out SimulatedLine line, int? vlan = null)
    {
        line = _stack.Network.Connect(new SimulatedLinePlan { Vlan = vlan });
        line.Peer.Reader = static _ => { };
        (OffloadedConnection connection, Task<OffloadOutcome> initiate) = _stack.Chimney.Binding("tcpip").BeginOffload(
            new UploadResult(line.Socket, default, default, false), path, null, null);
        _stack.Result(initiate).Status.ShouldBe(NdisStatus.Success);
        return connection;
    }

    private void Do(Task task)
    {
        _stack.Until(() => task.IsCompleted);
        task.IsCompletedSuccessfully.ShouldBeTrue(task.Exception?.ToString());
    }

    private void End(params OffloadedConnection[] connections)
    {
        foreach (OffloadedConnection connection in connections)
            OffloadedConnection.Release(_stack.Result(connection.UploadAsync()));
        _stack.Until(() => _stack.Chimney.Binding("tcpip").Network.Count == 0);
        _stack.Chimney.StateObjects.ShouldBe(0);
    }

    private int Longest(SimulatedLine line, OffloadedConnection connection)
    {
        int longest = 0;
        void See(WireSighting seen)
        {
            if (seen.End == line.Wire.Left && !seen.IsArrival)
                longest = Math.Max(longest, seen.Segment.Data.Length);
        }

        line.Wire.Seen += See;
        _stack.Result(connection.SendAsync(new byte[5_000]).AsTask()).Status.ShouldBe(NdisStatus.Success);
        line.Wire.Seen -= See;
        return longest;
    }
}
