using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Support;

/// <summary>One driver alone, on the thread of the spec, between neighbours that only listen.</summary>
public abstract class AloneSpec : TestKit
{
    private const string Quiet = """
        akka { loglevel = OFF, stdout-loglevel = OFF }
        akka.actor.guardian-supervisor-strategy = "Akka.Actor.StoppingSupervisorStrategy"
        """;

    private protected AloneSpec()
        : base(Quiet)
    {
        Stack = Ear.StackWithoutActors(Clock);
        Entry = Stack.Handles.Add();
    }

    private protected StandingClock Clock { get; } = new();

    private protected DriverStack Stack { get; }

    private protected ConnectionEntry Entry { get; }

    /// <summary>Starts a driver; its edge points at it.</summary>
    private protected IActorRef Start(Edge edge, HolderId me, Props props)
    {
        var driver = new TestActorRef<ActorBase>(Sys, props);
        edge.PointAt(driver, me);
        return driver;
    }

    /// <summary>A request of the connection on its way, held by this ear, with its context.</summary>
    private protected Flight Depart(
        Ear from, OffloadOperation operation, int bytes = 0, long offset = 0, DisconnectKind kind = default)
    {
        NetBufferList list = Stack.Sends.Filled(operation, bytes, offset);
        list.Connection = Entry.Handle;
        list.Flags = (int)kind;
        list.Frames.Push(from.Edge, null);
        return Flight.Depart(list, from.Holder);
    }

    /// <summary>Received data on its way up, held by this holder.</summary>
    private protected TcpOffloadReceiveIndicate Received(HolderId holder, int bytes, long offset) =>
        ReceiveIndication.Make(Entry.Handle, Stack.Indications.Rent(null)!, bytes, offset, holder);

    /// <summary>What this ear holds goes where it belongs, completed.</summary>
    private protected static OffloadCompletion Complete(Parcel parcel, NdisStatus status, long bytes)
    {
        parcel.Claim().TryComplete(status, bytes).ShouldBeTrue();
        var won = default(WonChain);
        won.Add(parcel);
        return won.ToCompletion();
    }

    /// <summary>The ear refuses data that it was offered.</summary>
    private protected static void Refuse(Ear ear, Edge to, TcpOffloadReceiveIndicate indication, bool neverSeen)
    {
        OffloadCompletion back = Complete(indication.Flight.Head, NdisStatus.OffloadDataNotAccepted, 0);
        back.Flight.Head.BroughtHome = neverSeen;
        to.Pass(back, back.Flight, ear.Holder, null).ShouldBe(PassResult.Passed);
    }
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class StandingClock : TimeProvider
{
    private long _now = 1_000_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Move(TimeSpan by) => _now += by.Ticks;

    public override long GetTimestamp() => _now;
}

/// <summary>A target that writes down what it is told, and does nothing.</summary>
internal sealed class PassiveTarget : IOffloadTarget
{
    public List<OffloadRequest> Submitted { get; } = [];

    public List<OffloadMessage> Answers { get; } = [];

    public List<OffloadHandle> Severed { get; } = [];

    public RequestProgress Progress { get; set; } = RequestProgress.WaitingForPeer;

    public OffloadCapabilities Capabilities { get; } = new(1 << 20, Upload: true, Forward: false);

    public IOffloadUpcalls? SeverUpcalls { get; private set; }

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => Submitted.Add(request);

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => Answers.Add(answer);

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        Severed.Add(connection);
        SeverUpcalls = upcalls;
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) => Progress;
}
