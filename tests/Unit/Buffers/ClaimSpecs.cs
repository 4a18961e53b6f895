using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

/// <summary>The right to complete a parcel, and what a completion does to it (GEN-12, NBL-10, NBL-11).</summary>
public sealed class ClaimSpecs
{
    private readonly NetBufferListPool _pool = Lists.Pool();
    private readonly HolderId _holder = HolderId.Next();

    [Fact]
    public void A_parcel_is_completed_once()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send, 10);
        Flight.Depart(list, _holder);
        Claim claim = list.Claim();
        claim.IsOpen.ShouldBeTrue();

        claim.TryComplete(NdisStatus.RequestAborted, 4).ShouldBeTrue();
        claim.IsOpen.ShouldBeFalse();
        claim.TryComplete(NdisStatus.Success, 6).ShouldBeFalse();
        list.Claim().TryComplete(NdisStatus.Success, 6).ShouldBeFalse();

        (list.Status, list.BytesTransferred, list.DataLength).ShouldBe((NdisStatus.RequestAborted, 4, 6));
        list.Custody.State.ShouldBe(CustodyState.Completed);
    }

    [Fact]
    public void A_claim_is_for_one_journey_and_one_holder()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send);
        list.Claim().TryComplete(NdisStatus.Success, 0).ShouldBeFalse("it has not departed");
        Flight flight = Flight.Depart(list, _holder);
        Claim claim = list.Claim();
        flight.TryPass(_holder, HolderId.Next()).ShouldBeTrue();
        claim.IsOpen.ShouldBeFalse();
        claim.TryComplete(NdisStatus.Success, 0).ShouldBeFalse();
        list.Claim().TryComplete(NdisStatus.UploadInProgress, 0).ShouldBeTrue();
        list.LandForTest();

        Flight.Depart(list, _holder);
        claim.TryComplete(NdisStatus.Success, 0).ShouldBeFalse();
        list.Claim().IsOpen.ShouldBeTrue();
        list.Status.ShouldBe(NdisStatus.Pending);
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(3, 3, 0, 0)]
    [InlineData(7, 4, 0, 3)]
    [InlineData(9, 4, 0, 5)]
    [InlineData(99, 4, 0, 5)]
    [InlineData(-1, 0, 0, 0)]
    public void Every_buffer_is_advanced_by_what_was_moved_of_it(long bytes, long first, long second, long third)
    {
        NetBufferList list = InThree();
        Flight.Depart(list, _holder);
        list.Claim().TryComplete(NdisStatus.Success, bytes).ShouldBeTrue();
        list.BytesTransferred.ShouldBe(bytes);
        NetBuffer[] buffers = [list.FirstNetBuffer, list.FirstNetBuffer.Next!, list.FirstNetBuffer.Next!.Next!];
        buffers.Select(buffer => buffer.DataOffset).ShouldBe([first, second, third]);
        buffers.Select(buffer => buffer.DataLength).ShouldBe([4 - first, 0, 5 - third]);
        (list.BytesAdvanced, list.DataLength).ShouldBe((first + third, 9 - first - third));
    }

    [Fact]
    public void Indicated_data_is_not_advanced_by_its_return()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.ReceiveIndicate, 10);
        Flight.Depart(list, _holder);
        list.Claim().TryComplete(NdisStatus.Success, 10).ShouldBeTrue();
        (list.BytesTransferred, list.BytesAdvanced, list.DataLength).ShouldBe((10, 0, 10));
    }

    [Fact]
    public void The_protocol_and_the_miniport_have_a_field_each_that_nobody_else_touches()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send, 10);
        (list.ProtocolReserved, list.MiniportReserved) = ("protocol", "miniport");
        Flight flight = Flight.Depart(list, _holder);
        HolderId miniport = HolderId.Next();
        flight.TryPass(_holder, miniport).ShouldBeTrue();
        list.Frames.Push(new Edge("mux0"), null);
        list.Claim().TryComplete(NdisStatus.Success, 10).ShouldBeTrue();
        var won = default(WonChain);
        won.Add(list);
        won.ToCompletion().Flight.TryPass(miniport, _holder).ShouldBeTrue();
        (list.ProtocolReserved, list.MiniportReserved).ShouldBe(("protocol", "miniport"));
    }

    [Fact]
    public void A_report_says_where_it_is_and_how_it_came_there()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send, 10, offset: 77);
        list.Connection = new OffloadHandle(3, 2);
        Flight flight = Flight.Depart(list, _holder);
        list.Frames.Push(new Edge("mux0"), null);
        list.Describe().ShouldBe($"Send #{list.Id} of connection 3.2 at 77: Rented/f0/h0 > "
            + $"Outstanding/f{flight.Id.Value}/h{_holder}; way home mux0");
    }

    /// <summary>Four bytes, none and five.</summary>
    private NetBufferList InThree()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send, 4);
        var second = new NetBuffer();
        var third = new NetBuffer();
        second.Attach(Memory<byte>.Empty);
        third.Attach(new byte[5].AsMemory());
        list.FirstNetBuffer.Next = second;
        second.Next = third;
        return list;
    }
}
