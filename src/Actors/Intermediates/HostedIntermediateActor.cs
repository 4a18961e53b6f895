using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Intermediates;

/// <summary>Lets somebody's driver work where an intermediate driver works, and answers for what it holds.</summary>
/// <remarks>What is held is parked, so it is not taken for kept. Whoever is passed while it is held is in hand too: a
/// death between the two steps must find it.</remarks>
internal sealed partial class HostedIntermediateActor(
    DriverStack stack, Edge edge, HolderId me, Lowers lowers, int contextsMax, Func<IntermediateDriver> make)
    : IntermediateActor(stack, edge, me, lowers, contextsMax), IIntermediateHost, IWithTimers
{
    private readonly Holdings _held = new();
    private readonly Dictionary<Parcel, OffloadMessage> _messages = [];     // by what it carries
    private IntermediateDriver? _driver;

    public ITimerScheduler Timers { get; set; } = null!;

    string IIntermediateHost.Name => Edge.Name;

    TimeProvider IIntermediateHost.Clock => Stack.Clock;

    protected override void Handle(object message)
    {
        switch (message)
        {
            case TcpOffloadReceiveReturn or TcpOffloadReceiveRefused or NeighborReachabilityAnswer:
                base.Handle(message);       // downward
                break;
            case OidRequest request: Driver().OnOid(request); break;
            case OffloadRequest request:
                if (Admits(request))
                    Driver().OnRequest(request);
                break;
            case OidRequestComplete: base.Handle(message); break;
            case OffloadCompletion completion: Driver().OnCompletion(completion); break;
            case OffloadIndication indication:
                Driver().OnIndication(indication);
                base.Handle(message);
                break;
            case Ended timer: Driver().OnTimer(timer.Key); break;
            default: base.Handle(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void OnDying() => LetGo();

    /// <inheritdoc/>
    protected override void PostStop()
    {
        base.PostStop();
        LetGo();
    }

    void IIntermediateHost.PassDown(OffloadRequest request)
    {
        if (_isHeld && request is not OidRequest)
            HoldOverReset(request);
        else if (Takes(request, request.Flight, CustodyState.Outstanding))
            GoOn(request);
    }

    void IIntermediateHost.PassUp(OffloadCompletion completion)
    {
        if (Takes(completion, completion.Flight, CustodyState.Completed))
            base.Handle(completion);
    }

    /// <inheritdoc/>
    /// <remarks>Who is linked behind the head is the chain's from then on: a death between finds it there.</remarks>
    void IIntermediateHost.PassUpTogether(IReadOnlyList<OffloadCompletion> several)
    {
        OffloadCompletion[] mine = [.. several.Where(one => Takes(one, one.Flight, CustodyState.Completed))];
        foreach (OffloadCompletion next in mine.Skip(1))
        {
            LastOf(mine[0].Flight.Head).Next = next.Flight.Head;
            next.Flight.TryPass(Me, HolderId.Chain);
        }
        if (mine.Length > 0)
            base.Handle(OffloadCompletion.Of(mine[0].Flight.Head, mine.Sum(one => one.Flight.Count)));
    }

    void IIntermediateHost.Hold(OffloadMessage message)
    {
        Flight flight = FlightOf(message);
        if (flight.Head is null || message is OffloadIndication)
            throw new ArgumentException("Only requests and completions can be held.", nameof(message));
        if (!flight.IsHeldBy(Me))
        {
            OnPassedBefore(message, flight);
            return;
        }
        if (flight.Head.ParkedIn is not null)
            return;
        _held.Park(flight.Head);
        _messages.Add(flight.Head, message);
    }

    /// <inheritdoc/>
    /// <remarks>Nothing was propagated, so nothing is completed that was (IM-06); the entry of this layer is not made
    /// (IM-18).</remarks>
    void IIntermediateHost.Refuse(InitiateOffload initiate, NdisStatus status, string reason)
    {
        if (status is not (NdisStatus.OffloadConnectionRejected or NdisStatus.OffloadTcpEntries
            or NdisStatus.Resources or NdisStatus.Failure))
            throw new ArgumentOutOfRangeException(nameof(status), status,
                "OffloadConnectionRejected, OffloadTcpEntries, Resources or Failure (INIT-24).");
        if (!Takes(initiate, initiate.Flight, CustodyState.Outstanding))
            return;
        initiate.Block.Refusal = $"{Edge.Name}: {reason}";
        Free(initiate.Flight);
        Between();
        RefuseHome(initiate, status);
    }

    bool IIntermediateHost.IsKnown(OffloadHandle connection) => Stack.Handles.Find(connection) is { Ended: false };

    void IIntermediateHost.Say(string what) => Context.GetLogger().Info("{0}: {1}", Edge.Name, what);

    void IIntermediateHost.StartTimer(object key, TimeSpan after) =>
        Timers.StartSingleTimer(key, new Ended(key), after);

    /// <summary>Made in a handler, so that one that cannot be made is a driver that dies.</summary>
    private IntermediateDriver Driver()
    {
        if (_driver is null)
        {
            _driver = make();
            _driver.Enter(this);
        }
        return _driver;
    }

    /// <summary>Checked here and not at the pass: by then its contexts would have been touched.</summary>
    private bool Takes(OffloadMessage message, Flight flight, CustodyState state)
    {
        if (!flight.Head.Custody.Is(state, flight.Id, Me))
        {
            OnPassedBefore(message, flight);
            return false;
        }
        if (_held.Remove(flight.Head))
            _messages.Remove(flight.Head);
        AlsoInHand(flight);
        return true;
    }

    private static Parcel LastOf(Parcel parcel)
    {
        while (parcel.Next is { } next)
            parcel = next;
        return parcel;
    }

    private void OnPassedBefore(OffloadMessage message, Flight flight) =>
        Stack.Ledger.Report(VerifierCheck.UseAfterHandOver, Edge.Name, flight.Head, flight.Id,
            $"used a {message.GetType().Name} that it has passed on");

    /// <summary>Brings home what is held. Nobody else sees a park of this actor's.</summary>
    private void LetGo()
    {
        while (_held.First is { } parcel)
        {
            _held.Remove(parcel);
            if (_messages.Remove(parcel, out OffloadMessage? message))
                Stack.Custodian.TakeOver(message, Me);
        }
    }

    private sealed record Ended(object Key) : INoSerializationVerificationNeeded;
}
