using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Raw segments that reached the host, given to an adapter with a TCP of its own.</summary>
public sealed class SegmentForwardSpecs : SimulatedSpec
{
    private readonly List<byte[]> _ordinary = [];

    [Fact]
    public async Task What_came_while_the_connection_was_on_its_way_reaches_the_host_through_the_adapter()
    {
        Line line = await OffloadBehindAsync(100, 200);
        _ordinary.Count.ShouldBe(2);
        Host.All.OfType<DataIndicated>().ShouldBeEmpty();

        NetBufferList[] segments = line.Forward([.. _ordinary]);

        foreach (NetBufferList segment in segments)
            (await Host.Back(segment)).Status.ShouldBe(NdisStatus.Success);
        Pattern.Check(await Host.Indicated(line.Handle, 300), 0);
        await line.SettledAsync();
        PeerOf(line).Acknowledged.ShouldBe(300);
    }

    [Fact]
    public async Task Old_doubled_and_disordered_segments_are_judged_like_any()
    {
        Line line = await OffloadBehindAsync(100, 200, 300);
        _ordinary.Reverse();

        NetBufferList[] segments = line.Forward([.. _ordinary, .. _ordinary, _ordinary[^1]]);

        foreach (NetBufferList segment in segments)
            (await Host.Back(segment)).Status.ShouldBe(NdisStatus.Success);
        Pattern.Check(await Host.Indicated(line.Handle, 600), 0);
        await line.SettledAsync();
        Host.All.OfType<DataIndicated>().Sum(data => data.Data.Length).ShouldBe(600, "nothing is delivered twice");
    }

    [Fact]
    public async Task Of_a_segment_that_resets_the_connection_the_next_ones_are_aborted()
    {
        Line line = await OffloadBehindAsync(100);
        byte[] reset = [.. _ordinary[0][..20]];
        reset[13] = (byte)(SegmentFlags.Rst | SegmentFlags.Ack);

        NetBufferList[] segments = line.Forward(reset, _ordinary[0]);

        (await Host.Back(segments[0])).Status.ShouldBe(NdisStatus.Success);
        (await Host.Back(segments[1])).Status.ShouldBe(NdisStatus.RequestAborted);
        Host.PlaceOf(TcpOffloadEventType.Abort).ShouldBeLessThan(Host.PlaceOf(segments[1]));
    }

    [Fact]
    public async Task Behind_urgent_data_segments_are_left_to_the_host()
    {
        Line line = await OffloadBehindAsync(100, 100);
        byte[] urgent = [.. _ordinary[0]];
        urgent[13] |= (byte)SegmentFlags.Urg;

        NetBufferList[] segments = line.Forward(urgent, _ordinary[1]);

        (await Host.Back(segments[0])).Status.ShouldBe(NdisStatus.Success);
        (await Host.Back(segments[1])).Status.ShouldBe(NdisStatus.UploadInProgress);
        (await Host.Event(line.Handle, TcpOffloadEventType.Retrieve)).Information
            .ShouldBe((long)TcpUploadReason.ReceivedUrgentData);
    }

    [Fact]
    public async Task What_is_no_segment_is_dropped_like_one_that_the_wire_has_broken()
    {
        Line line = await Bench.OffloadAsync();
        byte[] tooLong = new byte[40];
        tooLong[12] = 15 << 4;
        foreach (NetBufferList segment in line.Forward([1, 2, 3], new byte[20], tooLong))
            (await Host.Back(segment)).Status.ShouldBe(NdisStatus.Success);
        (await Host.Back(line.Send(10)[0])).Status.ShouldBe(NdisStatus.Success);
    }

    [Theory]
    [InlineData("WithOptions")]
    [InlineData("Fragments")]
    public async Task Packets_that_a_target_leaves_to_the_host_come_back_forwarded(string name)
    {
        PacketForm form = Enum.Parse<PacketForm>(name);
        Line line = await Bench.OffloadAsync();
        SimulatedLine wire = Network.Lines[0];
        wire.Ordinary = segment => _ordinary.Add(segment.ToArray());
        PeerOf(line).Send(Pattern.Bytes(0, 50));
        PeerOf(line).Forge(50, Pattern.Bytes(50, 70), SegmentFlags.None, form: form);
        await Host.Indicated(line.Handle, 50);
        await line.SettledAsync();
        Host.All.OfType<DataIndicated>().Sum(data => data.Data.Length).ShouldBe(50);

        (await Host.Back(line.Forward([.. _ordinary])[0])).Status.ShouldBe(NdisStatus.Success);

        Pattern.Check(await Host.Indicated(line.Handle, 120), 0);
    }

    [Fact]
    public async Task What_comes_after_a_reset_is_left_to_the_host()
    {
        Line line = await Bench.OffloadAsync();
        Network.Lines[0].Ordinary = segment => _ordinary.Add(segment.ToArray());
        int answers = 0;
        PeerOf(line).Reset();
        await Host.Event(line.Handle, TcpOffloadEventType.Abort);
        SimulatedWire wire = Network.Lines[0].Wire;
        wire.Seen = seen => answers += seen.End == wire.Left && !seen.IsArrival ? 1 : 0;

        PeerOf(line).Forge(0, Pattern.Bytes(0, 50), SegmentFlags.Psh);
        await line.SettledAsync();

        _ordinary.ShouldHaveSingleItem().TakeLast(50).ShouldBe(Pattern.Bytes(0, 50));
        answers.ShouldBe(0, "the target says nothing to it");
        Host.All.OfType<DataIndicated>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Network_management_is_nothing_for_a_target()
    {
        Line line = await Bench.OffloadAsync();
        PeerOf(line).Forge(0, Pattern.Bytes(0, 70), SegmentFlags.Rst, form: PacketForm.Management);
        await line.SettledAsync();
        Network.Lines[0].Managed.ShouldBe(1);
        Host.All.OfType<EventSaid>().ShouldBeEmpty();
        Host.All.OfType<DataIndicated>().ShouldBeEmpty();
    }

    [Fact]
    public void A_segment_is_read_out_of_its_bytes_as_it_was_written()
    {
        foreach (int scale in (int[])[0, 3])
            foreach (Timestamps? stamps in (Timestamps?[])[null, new Timestamps(7, uint.MaxValue)])
                foreach (int length in (int[])[0, 1, 1460])
                {
                    Segment segment = new Segment(new SeqNumber(uint.MaxValue - 3), new SeqNumber(5),
                        SegmentFlags.Ack | SegmentFlags.Psh | SegmentFlags.Urg, 1000 << scale, Pattern.Bytes(9, length))
                    {
                        Stamps = stamps,
                        UrgentPointer = 17,
                    }.Sealed();
                    byte[] packet = Ipv4Packet.Of(new PacketEnd(1, 2), new PacketEnd(3, 4), segment, scale,
                        [1, 2, 4, 5, 5, 3, 0, 0]);

                    Segment read = TcpBytes.Parse(packet.AsSpan(Ipv4Packet.IpBytes), scale).ShouldNotBeNull();

                    read.Data.ToArray().ShouldBe(segment.Data.ToArray());
                    (read with { Data = default }).ShouldBe(segment with { Data = default });
                    read.IsIntact.ShouldBeTrue();
                }
    }

    [Fact]
    public void Options_that_are_cut_off_or_say_nothing_of_their_length_are_passed_over()
    {
        foreach (byte[] options in (byte[][])[[8, 10, 0, 0], [8, 0, 0, 0], [8, 1, 1, 1], [0, 8, 10, 1], [9, 40, 1, 1]])
        {
            byte[] bytes = [.. new byte[12], 6 << 4, .. new byte[7], .. options, 1, 2, 3];
            Segment read = TcpBytes.Parse(bytes, 0).ShouldNotBeNull();
            (read.Stamps, read.Data.Length).ShouldBe((null, 3));
        }
    }

    /// <summary>A connection whose peer has sent while it was on its way.</summary>
    private async Task<Line> OffloadBehindAsync(params int[] lengths)
    {
        (OffloadBlock block, Peer peer) = Bench.Connect();
        SimulatedLine wire = Network.Lines[0];
        wire.Ordinary = segment => _ordinary.Add(segment.ToArray());
        wire.IsLeaving = true;
        int at = 0;
        foreach (int length in lengths)
        {
            wire.Peer.Send(Pattern.Bytes(at, length));
            at += length;
        }

        Network.Advance(Network.Now + TimeSpan.FromMilliseconds(100));
        wire.Peer.Acknowledged.ShouldBe(0);
        return await Bench.OffloadAsync(block, peer);
    }
}
