using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>The end of a journey: back to the pool first, then the answer, once.</summary>
public sealed class LandingSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly HolderId _holder = HolderId.Next();

    [Fact]
    public void A_chain_lands_whole_and_each_caller_is_answered_with_his_own()
    {
        NetBufferList[] chain = [.. Enumerable.Range(0, 3).Select(_ => Completed(NdisStatus.Success, 2))];
        (chain[0].Next, chain[1].Next) = (chain[1], chain[2]);
        chain[1].BroughtHome = true;
        var heard = new List<Landed>();
        int outThen = -1;
        foreach (NetBufferList list in chain)
            list.ProtocolReserved = new HeardTicket(landed =>
            {
                heard.Add(landed);
                outThen = _stack.Sends.Out;
            });

        Landing.Land(_stack, new Flight(chain[0].Custody.Flight, chain[0], 3), _holder).ShouldBeTrue();

        heard.ShouldBe([
            new Landed(OffloadOperation.Send, NdisStatus.Success, 2, false, null),
            new Landed(OffloadOperation.Send, NdisStatus.Success, 2, true, null),
            new Landed(OffloadOperation.Send, NdisStatus.Success, 2, false, null)]);
        outThen.ShouldBe(0, "the list is back before its caller hears of it");
        chain.ShouldAllBe(list => list.Custody.Is(CustodyState.Free, default, HolderId.None));
        (_stack.Ledger.Completed, _stack.Ledger.Violations).ShouldBe((3, 0));
    }

    [Fact]
    public void Who_does_not_hold_it_lands_nothing()
    {
        NetBufferList list = Completed(NdisStatus.Success, 0);
        int answers = 0;
        list.ProtocolReserved = new HeardTicket(_ => answers++);
        var flight = new Flight(list.Custody.Flight, list, 1);

        Landing.Land(_stack, flight, HolderId.Next()).ShouldBeFalse();
        Landing.Land(_stack, flight with { Id = FlightId.Next() }, _holder).ShouldBeFalse();

        (answers, _stack.Sends.Out, _stack.Ledger.Completed).ShouldBe((0, 1, 0));
        flight.IsHeldBy(_holder).ShouldBeTrue();
        Landing.Land(_stack, flight, _holder).ShouldBeTrue();
        Landing.Land(_stack, flight, _holder).ShouldBeFalse();
        (answers, _stack.Sends.Out, _stack.Ledger.Completed).ShouldBe((1, 0, 1));
    }

    [Fact]
    public void Memory_that_was_given_up_is_never_used_again_and_its_room_is()
    {
        NetBufferList[] all = [.. Enumerable.Range(0, _stack.Settings.SendsMax).Select(_ => _stack.Sends.Rent(null)!)];
        _stack.Sends.Rent(null).ShouldBeNull();
        NetBufferList list = all[0];
        list.Operation = OffloadOperation.Send;
        list.IsQuarantined = true;
        Flight flight = Flight.Depart(list, _holder);
        list.Claim().TryComplete(NdisStatus.RequestAborted, 0).ShouldBeTrue();
        int answers = 0;
        list.ProtocolReserved = new HeardTicket(_ => answers++);

        Landing.Land(_stack, flight, _holder).ShouldBeTrue();

        (list.Custody.State, list.Custody.Holder).ShouldBe((CustodyState.Quarantined, HolderId.None));
        (answers, _stack.Ledger.Quarantined).ShouldBe((1, 1));
        NetBufferList? fresh = _stack.Sends.Rent(null);
        fresh.ShouldNotBeNull().ShouldNotBeSameAs(list);
        _stack.Sends.Rent(null).ShouldBeNull("room for one");
    }

    [Fact]
    public void A_quarantined_block_needs_no_room()
    {
        OffloadBlock block = CompletedBlock();
        block.IsQuarantined = true;
        Landing.Land(_stack, new Flight(block.Custody.Flight, block, 1), _holder).ShouldBeTrue();
        (block.Custody.State, _stack.Ledger.Quarantined, _stack.Blocks.Count)
            .ShouldBe((CustodyState.Quarantined, 1, 0));
    }

    [Fact]
    public void A_block_is_free_again_and_no_longer_on_its_way()
    {
        OffloadBlock block = CompletedBlock();
        Landed? heard = null;
        block.ProtocolReserved = new HeardTicket(landed => heard = landed);
        Landing.Land(_stack, new Flight(block.Custody.Flight, block, 1), _holder).ShouldBeTrue();
        heard.ShouldBe(new Landed(OffloadOperation.Terminate, NdisStatus.Success, 0, false, block));
        block.Custody.Is(CustodyState.Free, default, HolderId.None).ShouldBeTrue();
        (block.ProtocolReserved, _stack.Blocks.Count, _stack.Ledger.Quarantined).ShouldBe((null, 0, 0));
    }

    [Fact]
    public void A_context_that_was_left_behind_is_reported_with_its_driver()
    {
        NetBufferList list = Completed(NdisStatus.Success, 0);
        list.Frames.Push(new Edge("mux0"), null);
        list.Frames.Push(new Edge("mux1"), null);
        Landing.Land(_stack, new Flight(list.Custody.Flight, list, 1), _holder).ShouldBeTrue();
        _stack.Ledger.Reports.Select(report => (report.Check, report.Driver)).ShouldBe(
            [(VerifierCheck.ContextDepth, "mux1"), (VerifierCheck.ContextDepth, "mux0")]);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 2)]
    public void A_list_that_is_landing_is_nobodys_to_return(int length, int at)
    {
        NetBufferList[] chain = [.. Enumerable.Range(0, length).Select(_ => Completed(NdisStatus.Success, 0))];
        for (int i = 0; i + 1 < length; i++)
            chain[i].Next = chain[i + 1];
        chain[at].Frames.Push(new Edge("mux0"), null);
        var won = new List<bool>();
        _stack.Ledger.OnViolation = left =>
        {
            if (left.Check == VerifierCheck.ContextDepth)
                won.Add(_stack.Sends.Return(chain[at]));    // in the middle of it
        };

        Landing.Land(_stack, new Flight(chain[0].Custody.Flight, chain[0], length), _holder).ShouldBeTrue();

        won.ShouldBe([false]);
        _stack.Ledger.Reports.Select(report => report.Check).ShouldBe(
            [VerifierCheck.ContextDepth, VerifierCheck.UseAfterHandOver]);
        Enumerable.Range(0, length).Select(_ => _stack.Sends.Rent(null)!).ShouldBeUnique();
        _stack.Sends.Out.ShouldBe(length);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void A_member_that_the_auditor_has_landed_is_not_landed_again(int at, bool meanwhile)
    {
        // At a hard stop it takes what it finds, list by list, beside a driver that still lives.
        NetBufferList[] chain = [.. Enumerable.Range(0, 3).Select(_ => Completed(NdisStatus.Success, 0))];
        (chain[0].Next, chain[1].Next) = (chain[1], chain[2]);
        int[] answers = new int[3];
        for (int i = 0; i < 3; i++)
        {
            int own = i;
            chain[i].ProtocolReserved = new HeardTicket(_ => answers[own]++);
        }
        Flight flight = new(chain[0].Custody.Flight, chain[0], 3);
        if (meanwhile)
        {
            chain[0].Frames.Push(new Edge("mux0"), null);
            _stack.Ledger.OnViolation = _ => Audit(chain[at]);      // when the head is free and the members are not
        }
        else
        {
            Audit(chain[at]);
        }

        Landing.Land(_stack, flight, _holder).ShouldBeTrue();
        foreach (NetBufferList left in chain)
            Audit(left);

        answers.ShouldBe([1, 1, 1]);
        (_stack.Ledger.Completed, _stack.Sends.Out).ShouldBe((3, 0));
        Enumerable.Range(0, 3).Select(_ => _stack.Sends.Rent(null)!).ShouldBeUnique();

        void Audit(NetBufferList list)
        {
            FlightId its = list.Custody.Flight;
            if (!list.Custody.TryMove(CustodyState.Completed, its, _holder,
                CustodyState.Completed, its, HolderId.Custodian))
                return;
            list.Next = null;
            Landing.Land(_stack, new Flight(its, list, 1), HolderId.Custodian).ShouldBeTrue();
        }
    }

    [Fact]
    public void Indicated_data_is_no_completed_request()
    {
        NetBufferList list = _stack.Indications.Filled(OffloadOperation.ReceiveIndicate, 4);
        Flight flight = Flight.Depart(list, _holder);
        list.Claim().TryComplete(NdisStatus.Success, 4).ShouldBeTrue();
        Landing.Land(_stack, flight, _holder).ShouldBeTrue();
        (_stack.Ledger.Completed, _stack.Indications.Out).ShouldBe((0, 0));
    }

    [Fact]
    public void A_callback_that_throws_keeps_nothing_and_nobody()
    {
        NetBufferList[] chain = [Completed(NdisStatus.Success, 0), Completed(NdisStatus.Success, 0)];
        chain[0].Next = chain[1];
        var thrown = new InvalidOperationException("the user's");
        int answers = 0;
        chain[0].ProtocolReserved = new HeardTicket(_ => throw thrown);
        chain[1].ProtocolReserved = new HeardTicket(_ => answers++);
        var errors = new List<Exception>();
        _stack.OnUserError = errors.Add;

        Landing.Land(_stack, new Flight(chain[0].Custody.Flight, chain[0], 2), _holder).ShouldBeTrue();

        errors.ShouldBe([thrown]);
        (answers, _stack.Sends.Out).ShouldBe((1, 0));
    }

    [Fact]
    public void A_ticket_is_answered_once()
    {
        int answers = 0;
        var ticket = new HeardTicket(_ => answers++);
        ticket.TryAnswer(default).ShouldBeTrue();
        ticket.TryAnswer(default).ShouldBeFalse();
        answers.ShouldBe(1);
    }

    private NetBufferList Completed(NdisStatus status, long bytes)
    {
        NetBufferList list = _stack.Sends.Filled(OffloadOperation.Send, 4);
        Flight.Depart(list, _holder);
        list.Claim().TryComplete(status, bytes).ShouldBeTrue();
        return list;
    }

    private OffloadBlock CompletedBlock()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Terminate };
        Flight.Depart(block, _holder);
        block.Claim().TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
        _stack.Blocks[block] = 0;
        return block;
    }

    private sealed class HeardTicket(Action<Landed> heard) : Ticket
    {
        protected override void OnAnswered(in Landed landed) => heard(landed);
    }
}
