using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

/// <summary>A completion is made of parcels that won the gate, all of one operation (GEN-04, GEN-09, GEN-10).</summary>
public sealed class WonChainSpecs
{
    private readonly NetBufferListPool _pool = Lists.Pool();
    private readonly HolderId _holder = HolderId.Next();

    [Theory]
    [InlineData(OffloadOperation.Send, NdisStatus.Success, typeof(TcpOffloadSendComplete))]
    [InlineData(OffloadOperation.Receive, NdisStatus.Success, typeof(TcpOffloadReceiveComplete))]
    [InlineData(OffloadOperation.Disconnect, NdisStatus.Success, typeof(TcpOffloadDisconnectComplete))]
    [InlineData(OffloadOperation.ReceiveIndicate, NdisStatus.Success, typeof(TcpOffloadReceiveReturn))]
    [InlineData(OffloadOperation.ReceiveIndicate, NdisStatus.OffloadDataNotAccepted, typeof(TcpOffloadReceiveRefused))]
    public void The_completion_is_that_of_the_operation(OffloadOperation operation, NdisStatus status, Type completion)
    {
        var won = default(WonChain);
        won.Add(Completed(_pool.Filled(operation), status));
        won.ToCompletion().ShouldBeOfType(completion);
    }

    [Theory]
    [InlineData(OffloadOperation.Initiate, typeof(InitiateOffloadComplete))]
    [InlineData(OffloadOperation.Terminate, typeof(TerminateOffloadComplete))]
    public void State_operations_have_completions_of_their_own(OffloadOperation operation, Type completion)
    {
        var won = default(WonChain);
        var block = new OffloadBlock { Operation = operation };
        won.Add(Completed(block, NdisStatus.Success));
        won.ToCompletion().ShouldBeOfType(completion);
    }

    [Fact]
    public void Lists_of_several_requests_come_home_together_in_the_order_of_adding()
    {
        NetBufferList[] lists = _pool.Chain(4);
        (lists[1].Next, lists[3].Next) = (null, null);
        Flight.Depart(lists[0], _holder).Disperse(_holder);
        Flight.Depart(lists[2], _holder).Disperse(_holder);
        int[] order = [2, 0, 3, 1];
        NetBuffer[] second = [.. lists.Select(HangsASecondBuffer)];

        var won = default(WonChain);
        foreach (int i in order)
        {
            lists[i].Claim().TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
            won.Add(lists[i]);
        }
        OffloadCompletion completion = won.ToCompletion();

        completion.Flight.Count.ShouldBe(4);
        completion.Flight.Id.ShouldBe(lists[2].Custody.Flight);
        completion.Flight.IsHeldBy(_holder).ShouldBeTrue();
        var home = new List<Parcel>();
        for (Parcel? parcel = completion.Flight.Head; parcel is not null; parcel = parcel.Next)
            home.Add(parcel);
        home.ShouldBe(order.Select(i => lists[i]));
        lists.Select(list => list.FirstNetBuffer.Next).ShouldBe(second, "buffers stay with their list");
        won.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData(CustodyState.Free)]
    [InlineData(CustodyState.Rented)]
    [InlineData(CustodyState.Outstanding)]
    [InlineData(CustodyState.Completing)]
    [InlineData(CustodyState.Quarantined)]
    public void What_did_not_win_the_gate_is_refused(CustodyState state)
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send);
        list.Custody.Set(state, FlightId.Next(), _holder);
        var won = default(WonChain);
        Refusal(() => won.Add(list)).ShouldContain($"Send #{list.Id}");
        won.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Another_operation_is_refused_and_the_rest_stays_whole()
    {
        NetBufferList send = Completed(_pool.Filled(OffloadOperation.Send), NdisStatus.Success);
        NetBufferList receive = Completed(_pool.Filled(OffloadOperation.Receive), NdisStatus.Success);
        var won = default(WonChain);
        won.Add(send);
        Refusal(() => won.Add(receive)).ShouldContain("Receive #");
        OffloadCompletion completion = won.ToCompletion();
        (completion.Flight.Head, completion.Flight.Count, send.Next).ShouldBe((send, 1, null));
    }

    [Fact]
    public void A_parcel_without_an_operation_has_no_completion()
    {
        var won = default(WonChain);
        won.Add(Completed(_pool.Filled(OffloadOperation.None), NdisStatus.Success));
        Refusal(() => won.ToCompletion()).ShouldContain("None #");
    }

    private T Completed<T>(T parcel, NdisStatus status)
        where T : Parcel
    {
        Flight.Depart(parcel, _holder);
        parcel.Claim().TryComplete(status, 0).ShouldBeTrue();
        return parcel;
    }

    private static NetBuffer HangsASecondBuffer(NetBufferList list)
    {
        var second = new NetBuffer();
        list.FirstNetBuffer.Next = second;
        return second;
    }

    private static string Refusal(Action action)
    {
        ContractViolationException refused = Should.Throw<ContractViolationException>(action);
        refused.Check.ShouldBe(VerifierCheck.WrongOperation);
        return refused.Message;
    }
}
