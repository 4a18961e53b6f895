using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Targets;

public sealed class FaultyTargetSpecs
{
    private const int Faulty = 1;
    private readonly Inner _inner = new();
    private readonly HandClock _clock = new();

    [Fact]
    public void A_late_completion_holds_back_all_that_comes_after_it()
    {
        FaultyTarget target = Make(FaultKind.Late, out FaultPlan plan);
        Upcalls up = new();
        target.Submit(_inner.Send(1, out OffloadCompletion first), up);
        target.Submit(_inner.Send(1, out OffloadCompletion second), up);
        _inner.Up.Complete(first);
        _inner.Up.Complete(second);
        var fin = new TcpOffloadEvent(Inner.Connection(1), TcpOffloadEventType.Disconnect, 0, 0);
        _inner.Up.Indicate(fin);
        up.Told.ShouldBeEmpty();
        target.Probe(Inner.Connection(1), second.Flight.Head, second.Flight.Id).ShouldBe(RequestProgress.InProgress);
        plan.Observed.ShouldBe(0);
        _clock.Ring();
        up.Told.ShouldBe([first, second, fin]);
        (plan.Injected, plan.Observed).ShouldBe((Faulty, Faulty));
    }

    [Fact]
    public void A_doubled_completion_is_told_twice_and_waits_to_be_named()
    {
        FaultyTarget target = Make(FaultKind.Doubled, out FaultPlan plan);
        Upcalls up = new();
        target.Submit(_inner.Send(1, out OffloadCompletion completion), up);
        _inner.Up.Complete(completion);
        up.Told.ShouldBe([completion, completion]);
        plan.Open.Single().Kind.ShouldBe(FaultKind.Doubled);
    }

    [Fact]
    public void A_lost_completion_is_unknown_to_whoever_asks_and_overtaken_by_a_sever()
    {
        FaultyTarget target = Make(FaultKind.Lost, out FaultPlan plan);
        Upcalls up = new();
        target.Submit(_inner.Send(1, out OffloadCompletion completion), up);
        _inner.Up.Complete(completion);
        up.Told.ShouldBeEmpty();
        target.Probe(Inner.Connection(1), completion.Flight.Head, completion.Flight.Id)
            .ShouldBe(RequestProgress.Unknown);
        plan.Open.Single().ParcelId.ShouldBe(completion.Flight.Head.Id);
        target.Sever(Inner.Connection(1), up);
        (plan.Open.Count, plan.Overtaken).ShouldBe((0, 1));
    }

    [Fact]
    public void A_foreign_completion_is_told_to_another_connection_or_is_late_if_there_is_none()
    {
        FaultyTarget target = Make(FaultKind.Foreign, out FaultPlan plan);
        Upcalls up = new();
        Upcalls other = new();
        target.Submit(_inner.Send(1, out OffloadCompletion first), up);
        _inner.Up.Complete(first);
        _clock.Ring();
        up.Told.ShouldBe([first]);
        plan.CountOf(FaultKind.Late).ShouldBe(1);
        target.Submit(_inner.Send(2, out _), other);
        target.Submit(_inner.Send(1, out OffloadCompletion second), up);
        _inner.Up.Complete(second);
        up.Told.ShouldBe([first]);
        other.Told.ShouldBe([second]);
    }

    [Fact]
    public void A_throw_leaves_the_target_inside_out_and_is_seen_when_the_connection_is_severed()
    {
        var plan = new FaultPlan(1, 1);
        var target = new FaultyTarget(_inner, plan, _clock);
        Upcalls up = new();
        InjectedFaultException? thrown = null;
        for (int i = 0; i < 1000 && thrown is null; i++)
            try
            {
                target.Submit(_inner.Send(1, out _), up);
            }
            catch (InjectedFaultException exception)
            {
                thrown = exception;
            }
        plan.Open.Single().Id.ShouldBe(thrown!.FaultId);
        target.Sever(Inner.Connection(1), up);
        (plan.Injected, plan.Observed).ShouldBe((1, 1));
    }

    [Fact]
    public void What_is_held_back_is_told_before_a_sever_so_that_received_data_is_not_lost()
    {
        FaultyTarget target = Make(FaultKind.Late, out FaultPlan plan);
        Upcalls up = new();
        target.Submit(_inner.Send(1, out OffloadCompletion completion), up);
        target.Submit(_inner.Send(1, out _), up);
        _inner.Up.Complete(completion);
        NetBufferList list = _inner.Pool.Rent(null)!;
        TcpOffloadReceiveIndicate data = ReceiveIndication.Make(Inner.Connection(1), list, 1, 0, up.Holder);
        _inner.Up.Indicate(data);
        target.Sever(Inner.Connection(1), up);
        up.Told.ShouldBe([completion, data]);
        plan.Overtaken.ShouldBe(1);
    }

    /// <summary>A target whose first completion is sure to have the fault, and no later one.</summary>
    private FaultyTarget Make(FaultKind kind, out FaultPlan plan)
    {
        // A rate of 0.02 and a seed that draws the fault with the first completion, behind two quiet submits.
        for (int seed = 0; ; seed++)
        {
            var probe = new FaultPlan(seed, 0.02);
            int submits = kind == FaultKind.Late ? 2 : 1;
            bool fits = true;
            for (int i = 0; i < submits; i++)
                fits &= !probe.DrawForSubmit();
            fits = fits && probe.DrawForCompletion(out _) == kind;
            for (int i = 0; i < 2; i++)
                fits = fits && !probe.DrawForSubmit();
            fits = fits && (kind != FaultKind.Foreign || probe.DrawForCompletion(out _) == kind);
            if (!fits)
                continue;
            plan = new FaultPlan(seed, 0.02);
            return new FaultyTarget(_inner, plan, _clock);
        }
    }

    private sealed class Upcalls : IOffloadUpcalls
    {
        public List<OffloadMessage> Told { get; } = [];

        public HolderId Holder { get; } = HolderId.Next();

        public NetBufferListPool ReceivePool => null!;

        public void Complete(OffloadCompletion completion) => Told.Add(completion);

        public void Indicate(OffloadIndication indication) => Told.Add(indication);
    }

    /// <summary>A target that remembers who spoke to it.</summary>
    private sealed class Inner : IOffloadTarget, IVerifier
    {
        public Inner() => Pool = new NetBufferListPool("test", 100_000, 8, this);

        public NetBufferListPool Pool { get; }

        public IOffloadUpcalls Up { get; private set; } = null!;

        public OffloadCapabilities Capabilities { get; } = new(1, true, false);

        public static OffloadHandle Connection(int slot) => new(slot, 1);

        public TcpOffloadSend Send(int slot, out OffloadCompletion completion)
        {
            NetBufferList list = Pool.Rent(null)!;
            list.Operation = OffloadOperation.Send;
            list.Connection = Connection(slot);
            Flight flight = Flight.Depart(list, new HolderId(99));
            list.TryComplete(flight.Id, new HolderId(99), NdisStatus.Success, 0);
            completion = OffloadCompletion.Of(list, 1);
            return new TcpOffloadSend(flight);
        }

        public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => Up = upcalls;

        public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
        {
        }

        public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
        {
        }

        public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
            RequestProgress.Unknown;

        public void Report(Violation violation) => throw new InvalidOperationException(violation.ToString());
    }
}
