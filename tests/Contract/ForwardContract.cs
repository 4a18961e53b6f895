using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>FWD: raw segments, as far as every target can be asked: whom it has a TCP for is its own matter.</summary>
public abstract class ForwardContract : OffloadTargetContract
{
    /// <summary>A header that acknowledges nothing: old for every stream.</summary>
    private static byte[] Segment
    {
        get
        {
            var header = new byte[20];
            (header[12], header[13]) = (5 << 4, 0x10);
            return header;
        }
    }

    [Fact]
    public async Task Segments_come_back_in_their_order_processed_or_left_to_the_host()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] segments = [.. line.Forward(Segment, Segment), .. line.Forward(Segment)];
        foreach (NetBufferList segment in segments)
        {
            CameBack back = await Host.Back(segment);
            back.Status.ShouldBe(Bench.Target.Capabilities.Forward
                ? NdisStatus.Success : NdisStatus.UploadInProgress);
            (segment.BytesTransferred, segment.FirstNetBuffer.DataOffset).ShouldBe((0, 0), "no count (NBL-10)");
        }

        int[] places = [.. segments.Select(Host.PlaceOf)];
        places.ShouldBe(places.Order());
        (await Host.Back(line.Send(10)[0])).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task After_an_abort_segments_are_aborted()
    {
        Line line = await Bench.OffloadAsync();
        line.Peer.Reset();
        await Host.Event(line.Handle, TcpOffloadEventType.Abort);
        (await Host.Back(line.Forward(Segment)[0])).Status.ShouldBe(NdisStatus.RequestAborted);
    }

    [Fact]
    public async Task While_uploading_segments_are_left_to_the_host()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 10);
        OffloadBlock block = line.Terminate();
        (await Host.Back(line.Forward(Segment)[0])).Status.ShouldBe(NdisStatus.UploadInProgress);
        Host.IsBack(block).ShouldBeFalse();
        Host.BreakSilence(Answering.TakeAndReturn);
        await Host.Back(block);
    }

    [Fact]
    public async Task Of_a_connection_that_is_not_here_they_come_back_all_the_same()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Terminate());
        (await Host.Back(line.Forward(Segment)[0])).Status.ShouldBe(NdisStatus.UploadInProgress);
    }
}
