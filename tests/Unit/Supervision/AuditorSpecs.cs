using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>At the end of a stack whatever is still out is landed, and every caller answered.</summary>
public sealed class AuditorSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly HolderId _somebody = HolderId.Next();

    [Fact]
    public void What_is_still_out_is_landed_and_counted_as_orphaned()
    {
        NetBufferList[] chain = _stack.Sends.Chain(2);
        Flight.Depart(chain[0], _somebody);
        NetBufferList done = _stack.Receives.Filled(OffloadOperation.Receive, 4);
        Flight.Depart(done, _somebody);
        done.Claim().TryComplete(NdisStatus.Success, 3).ShouldBeTrue();
        var block = new OffloadBlock { Operation = OffloadOperation.Initiate };
        Flight.Depart(block, _somebody);
        _stack.Blocks[block] = 0;
        var answers = new List<Landed>();
        foreach (Parcel parcel in (Parcel[])[.. chain, done, block])
        {
            parcel.Frames.Push(new Edge("mux0"), null);
            parcel.ProtocolReserved = new Answers(answers);
        }

        Auditor.Finish(_stack);

        answers.ShouldBe([
            new Landed(OffloadOperation.Send, NdisStatus.RequestAborted, 0, true, null),
            new Landed(OffloadOperation.Send, NdisStatus.RequestAborted, 0, true, null),
            new Landed(OffloadOperation.Receive, NdisStatus.Success, 3, false, null),
            new Landed(OffloadOperation.Initiate, NdisStatus.Failure, 0, true, block)]);
        (_stack.IsBalanced, _stack.Ledger.Orphaned, _stack.Ledger.Violations).ShouldBe((true, 4, 0));
        Auditor.Finish(_stack);
        (answers.Count, _stack.Ledger.Orphaned).ShouldBe((4, 4));
    }

    [Fact]
    public void What_the_host_has_stays_his_until_he_returns_it()
    {
        NetBufferList lent = _stack.Indications.Filled(OffloadOperation.ReceiveIndicate, 4);
        Flight flight = Flight.Depart(lent, _somebody);
        lent.Frames.Push(new Edge("mux0"), null);
        Lending.Lend(_stack, flight, _somebody).ShouldBeTrue();

        Auditor.Finish(_stack);

        flight.IsHeldBy(_stack.Lender).ShouldBeTrue();
        (_stack.Indications.Out, _stack.Ledger.Orphaned, lent.FirstNetBuffer.DataLength).ShouldBe((1, 0, 4));
        Lending.Return(_stack, lent, flight.Id).ShouldBeTrue();
        _stack.Indications.Out.ShouldBe(0);
    }

    [Fact]
    public void What_is_only_rented_or_quarantined_is_left_alone()
    {
        NetBufferList rented = _stack.Sends.Rent(null)!;
        NetBufferList given = _stack.Sends.Rent(null)!;
        given.Custody.Set(CustodyState.Quarantined, FlightId.Next(), HolderId.None);
        Auditor.Finish(_stack);
        (rented.Custody.State, given.Custody.State, _stack.Ledger.Orphaned)
            .ShouldBe((CustodyState.Rented, CustodyState.Quarantined, 0));
    }

    [Fact]
    public void Sockets_that_nobody_fetched_are_closed_and_adapters_that_did_not_answer_given_up()
    {
        using Socket socket = StackSpec.NewSocket();
        ConnectionEntry left = _stack.Handles.Add();
        left.Remains = new Severed(left.Handle, default, TcpConnectionState.Established, socket, default, 0, false);
        ConnectionEntry silent = _stack.Handles.Add();
        silent.SeverSince = _stack.Now;
        silent.Holder = _somebody;
        NetBufferList parked = _stack.Sends.Filled(OffloadOperation.Send, 4);
        parked.Connection = silent.Handle;
        Flight.Depart(parked, _somebody);
        silent.Sends.Park(parked);

        Auditor.Finish(_stack);

        (socket.SafeHandle.IsClosed, left.Ended).ShouldBe((true, true));
        (parked.Custody.State, silent.SeverSince).ShouldBe((CustodyState.Quarantined, 0));
    }

    [Fact]
    public void Who_asked_to_be_answered_at_the_end_is_answered()
    {
        int answered = 0;
        _stack.AtEnd.Enqueue(() => answered++);
        Auditor.Finish(_stack);
        answered.ShouldBe(1);
    }

    private sealed class Answers(List<Landed> answers) : Ticket
    {
        protected override void OnAnswered(in Landed landed) => answers.Add(landed);
    }
}
