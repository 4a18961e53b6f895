using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision.Lifecycle;

/// <summary>What a target answers PENDING it completes once; what it completes unasked is reported.</summary>
public sealed class AdapterCallsSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly Ear _conductor = new("life");
    private readonly AdapterNode _adapter = new(new Edge("nic0"), null, null);
    private readonly AdapterCalls _calls;
    private readonly Patient _target = new();

    public AdapterCallsSpecs()
    {
        _calls = _adapter.Current.Calls;
        _calls.Stack = _stack;
    }

    private IReadOnlyCollection<Violation> Reports => _stack.Ledger.Reports;

    [Theory]
    [InlineData(LifeStepKind.PauseAdapter)]
    [InlineData(LifeStepKind.RestartAdapter)]
    [InlineData(LifeStepKind.ResetAdapter)]
    internal void What_is_pending_is_told_when_it_is_completed(LifeStepKind kind)
    {
        _target.Answer = NdisStatus.Pending;
        Ask(kind, 1);
        _conductor.Heard.ShouldBeEmpty();

        Complete(kind);

        _conductor.Heard.ShouldBe([new LifeEventComplete(1, NdisStatus.Success)]);
        Reports.ShouldBeEmpty();

        Complete(kind);

        Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.UnexpectedComplete);
        _conductor.Heard.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(LifeStepKind.PauseAdapter)]
    [InlineData(LifeStepKind.RestartAdapter)]
    [InlineData(LifeStepKind.ResetAdapter)]
    [InlineData(LifeStepKind.InitializeAdapter)]
    [InlineData(LifeStepKind.HaltAdapter)]
    internal void What_is_done_at_once_is_told_at_once(LifeStepKind kind)
    {
        Ask(kind, 7);

        _conductor.Heard.ShouldBe([new LifeEventComplete(7, NdisStatus.Success)]);
        _target.Asked.ShouldBe(1);
    }

    [Fact]
    public void A_fresh_driver_does_not_ask_a_target_again_that_is_at_it()
    {
        _target.Answer = NdisStatus.Pending;
        Ask(LifeStepKind.PauseAdapter, 1);
        Ask(LifeStepKind.PauseAdapter, 1);
        _target.Asked.ShouldBe(1);

        _calls.PauseComplete();

        _conductor.Heard.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_target_that_throws_is_asked_again()
    {
        _target.Throws = true;
        Should.Throw<InvalidOperationException>(() => Ask(LifeStepKind.PauseAdapter, 1));
        _target.Throws = false;

        Ask(LifeStepKind.PauseAdapter, 1);

        _conductor.Heard.ShouldBe([new LifeEventComplete(1, NdisStatus.Success)]);
    }

    [Fact]
    public void A_pause_that_fails_is_reported_and_has_succeeded()
    {
        _target.Answer = NdisStatus.Failure;

        Ask(LifeStepKind.PauseAdapter, 1);

        Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.CannotFail);
        _conductor.Heard.ShouldBe([new LifeEventComplete(1, NdisStatus.Success)]);
    }

    [Fact]
    public void A_restart_may_fail()
    {
        _target.Answer = NdisStatus.Resources;

        Ask(LifeStepKind.RestartAdapter, 1);

        _conductor.Heard.ShouldBe([new LifeEventComplete(1, NdisStatus.Resources)]);
        Reports.ShouldBeEmpty();
    }

    private void Ask(LifeStepKind kind, long serial) => _calls.Ask(
        new LifeEvent(new LifeStep(kind, _adapter, null), serial, _adapter.Current, _conductor.Edge), _target,
        HaltAction.DeviceDisabled);

    private void Complete(LifeStepKind kind)
    {
        switch (kind)
        {
            case LifeStepKind.PauseAdapter: _calls.PauseComplete(); break;
            case LifeStepKind.RestartAdapter: _calls.RestartComplete(NdisStatus.Success); break;
            default: _calls.ResetComplete(NdisStatus.Success); break;
        }
    }

    private sealed class Patient : IOffloadAdapter
    {
        public NdisStatus Answer { get; set; } = NdisStatus.Success;

        public bool Throws { get; set; }

        public int Asked { get; private set; }

        public OffloadCapabilities Capabilities { get; } = new(1, Upload: true, Forward: false);

        public NdisStatus Initialize(IAdapterUpcalls upcalls) => Next();

        public NdisStatus Restart() => Next();

        public NdisStatus Pause() => Next();

        public NdisStatus Reset() => Next();

        public void Halt(HaltAction action) => Next();

        public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => throw new NotSupportedException();

        void IOffloadTarget.Answer(OffloadMessage answer, IOffloadUpcalls upcalls) =>
            throw new NotSupportedException();

        public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => throw new NotSupportedException();

        public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
            throw new NotSupportedException();

        private NdisStatus Next()
        {
            Asked++;
            return Throws ? throw new InvalidOperationException() : Answer;
        }
    }
}
