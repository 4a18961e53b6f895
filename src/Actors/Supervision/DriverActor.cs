using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Supervision;

/// <summary>What every driver of a stack has in common: it keeps what is in hand while a message is handled.</summary>
/// <remarks>A driver that throws loses its edge at once, so that nothing is told to it any more; what it had in hand
/// goes home from here, what waits in its mailbox by the dead letters. A driver that returns must have passed or parked
/// what it was given: keeping it silently is seen here, and named.</remarks>
internal abstract class DriverActor(DriverStack stack, Edge edge, HolderId me) : UntypedActor
{
    /// <summary>Name of the mailbox of drivers, in reference.conf.</summary>
    public const string Mailbox = "chimney.driver-mailbox";

    private List<Flight>? _alsoInHand;      // made when first needed: most connections never do

    protected DriverStack Stack => stack;

    protected Edge Edge => edge;

    protected HolderId Me => me;

    /// <summary>Asked for at every pass; Akka would look up the thread's actor each time.</summary>
    protected new IActorRef Self { get; } = Context.Self;

    /// <summary>The driver's one switch.</summary>
    protected abstract void Handle(object message);

    /// <inheritdoc/>
    protected sealed override void OnReceive(object message)
    {
        Flight flight = FlightOf(message);
        Parcel? head = flight.Head;
        if (head is null && message is InPlace)
        {
            OnPlaced();
            foreach (ConnectionEntry entry in stack.EmptyPlaces.TakeAll(edge))
            {
                OnAwaitedBy(entry);
                entry.TellLayerIsThere();
            }
            return;
        }
        CustodyState state = default;
        try
        {
            if (head is not null && !head.Custody.IsUnderWay(flight.Id, me, out state))
            {
                OnStray(message, flight);
                return;
            }
            stack.Crashes?.At(edge.Name, CrashStep.Before);
            Handle(message);
            stack.Crashes?.At(edge.Name, CrashStep.After);
        }
        catch (Exception exception)
        {
            Die(message, exception);
            throw;
        }
        if (_alsoInHand is { Count: > 0 })
            _alsoInHand.Clear();
        // In the same state as it came: a request that was passed on may be back here already, completed.
        if (head is not null && head.Custody.Is(state, flight.Id, me) && head.ParkedIn is null)
            Repair(message, flight);
    }

    /// <inheritdoc/>
    protected override void PostStop() => edge.Retire(me);

    /// <summary>Looks for what was left while nobody was here. Not at PreStart: until the edge points here, what others
    /// leave behind and what they tell would both miss this instance.</summary>
    protected virtual void OnPlaced()
    {
    }

    /// <summary>A connection wanted something of this driver while nobody was here.</summary>
    protected virtual void OnAwaitedBy(ConnectionEntry entry)
    {
    }

    /// <summary>Brings home what this driver holds over handlers; nothing is told to it any more.</summary>
    protected virtual void OnDying()
    {
    }

    /// <summary>Its adapter or binding takes a step. Who needs do nothing has done everything that it was told
    /// before.</summary>
    protected virtual void OnLife(LifeEvent told)
    {
        Between();
        told.Complete(NdisStatus.Success);
    }

    /// <summary>Where a crash may be injected inside a handler.</summary>
    protected void Between() => stack.Crashes?.At(edge.Name, CrashStep.Between);

    /// <summary>Remembers a chain that this handler made itself, until it returns.</summary>
    protected void AlsoInHand(Flight flight) => (_alsoInHand ??= []).Add(flight);

    /// <summary>Hands a chain to a neighbour; between its lives the custodian takes it.</summary>
    protected void Pass(Edge to, OffloadMessage message, Flight flight)
    {
        switch (to.Pass(message, flight, me, Self))
        {
            case PassResult.NobodyThere:
                stack.Custodian.TakeOver(message, me);
                break;
            case PassResult.NotYours:
                stack.Ledger.Report(VerifierCheck.UseAfterHandOver, edge.Name, flight.Head, flight.Id,
                    "passed what it does not hold");
                break;
            default:
                break;
        }
    }

    /// <summary>Completes every parcel of a request that is not carried out, and passes them home as one
    /// chain.</summary>
    protected void RefuseHome(OffloadRequest request, NdisStatus verdict) => RefuseHome(request, verdict, verdict);

    /// <summary>The same with another status for all but the first.</summary>
    protected void RefuseHome(OffloadRequest request, NdisStatus first, NdisStatus others)
    {
        var won = default(WonChain);
        for (Parcel? parcel = request.Flight.Head; parcel is not null;)
        {
            Parcel? next = parcel.Next;     // completing unlinks
            NdisStatus verdict = parcel == request.Flight.Head ? first : others;
            if (parcel.TryComplete(request.Flight.Id, me, verdict, 0))
                won.Add(parcel);
            parcel = next;
        }
        if (won.IsEmpty)
            return;
        OffloadCompletion completion = won.ToCompletion();
        Pass((Edge)completion.Flight.Head.Frames.Top.Driver, completion, completion.Flight);
    }

    /// <summary>Tells a neighbour something without custody; between its lives the custodian redirects it.</summary>
    protected void Tell(Edge? to, OffloadMessage message)
    {
        if (to?.Tell(message, Self) != true)
            stack.Custodian.TakeOver(message, me);
    }

    /// <summary>Frees this driver's context on every parcel and passes each to the edge that the context names
    /// (CTX-04, CTX-05). A chain that mixes owners is split, in unchanged order (IM-15).</summary>
    protected void PassHome(OffloadCompletion completion)
    {
        Parcel head = completion.Flight.Head;
        ContextNode? from = head.Frames.Node;
        Edge to = PopMine(head);
        bool isMine = ReferenceEquals(from?.Driver, edge);      // else there is something to report of each
        bool mixed = false;
        for (Parcel? parcel = head.Next; parcel is not null; parcel = parcel.Next)
            if (!isMine || !parcel.Frames.TryFollow(from, head.Frames.Node))
                mixed |= PopMine(parcel) != to;
        Between();
        if (!mixed)
        {
            Pass(to, completion, completion.Flight);
            return;
        }
        foreach ((Edge owner, OffloadCompletion part) in Split(head))
            Pass(owner, part, part.Flight);
    }

    private List<(Edge To, OffloadCompletion Part)> Split(Parcel head)
    {
        var parts = new List<(Edge, OffloadCompletion)>();
        for (Parcel? first = head; first is not null;)
        {
            var to = (Edge)first.Frames.Top.Driver;
            Parcel last = first;
            int count = 1;
            while (last.Next is { } next && next.Frames.Top.Driver == to)
            {
                last = next;
                count++;
            }
            Parcel? rest = last.Next;
            // The cut-off part must be findable before it is cut off.
            if (first != head)
            {
                first.Custody.Set(CustodyState.Completed, first.Custody.Flight, me);
                AlsoInHand(new Flight(first.Custody.Flight, first, count));
            }
            last.Next = null;
            parts.Add((to, OffloadCompletion.Of(first, count)));
            first = rest;
        }
        return parts;
    }

    private Edge PopMine(Parcel parcel)
    {
        ref ContextFrames frames = ref parcel.Frames;
        while (!frames.IsOnTop(edge) && frames.Contains(edge))
        {
            ContextFrame left = frames.Pop();
            stack.Ledger.Report(VerifierCheck.ContextDepth, left.Driver.Name, parcel, parcel.Custody.Flight,
                "passed a parcel home with its context still on it");
        }
        if (frames.IsOnTop(edge) && frames.Pop().AnswerTo is Edge answer)
            return answer;
        if (parcel.Frames.Depth > 0)
            return (Edge)parcel.Frames.Top.Driver;
        throw new ContractViolationException(VerifierCheck.Misroute, edge.Name, parcel.Describe());
    }

    /// <summary>A chain that came here but is held by somebody else was doubled, or sent to the wrong place. The
    /// connection, which hears a target, does more than report it.</summary>
    protected virtual void OnStray(object message, Flight flight) =>
        stack.Ledger.Report(VerifierCheck.UseAfterHandOver, DriverOf(Sender), flight.Head, flight.Id,
            $"{message.GetType().Name} told to {edge.Name}, which does not hold it");

    /// <summary>What a message carries; no head if nothing.</summary>
    protected static Flight FlightOf(object message) => message is OffloadMessage told ? told.Carried : default;

    private static string DriverOf(IActorRef sender)
    {
        string name = sender.Path.Name;
        int dash = name.LastIndexOf('-');
        return dash > 0 ? name[..dash] : name;
    }

    private void Die(object message, Exception exception)
    {
        edge.Retire(me);
        stack.Ledger.CountDeath();
        if (exception is ContractViolationException violation)
            ReportFatal(violation, message);
        stack.OnDeath?.Invoke(edge.Name, exception);
        OnDying();
        foreach (Flight flight in _alsoInHand ?? [])
            stack.Custodian.TakeOver(flight, me);
        stack.Custodian.TakeOver(message, me);
    }

    private void ReportFatal(ContractViolationException violation, object message)
    {
        if (FlightOf(message) is { Head: not null } flight)
            stack.Ledger.Report(violation.Check, violation.Driver, flight.Head, flight.Id, violation.Detail);
        else
            stack.Ledger.Report(new Violation(
                violation.Check, violation.Driver, OffloadHandle.None, 0, default, violation.Detail));
    }

    private void Repair(object message, Flight flight)
    {
        stack.Ledger.Report(VerifierCheck.Residence, edge.Name, flight.Head, flight.Id,
            $"kept a {message.GetType().Name} without passing or parking it");
        // Not back to whoever kept it: it might keep it again, and so for ever.
        for (Parcel? parcel = flight.Head; parcel is not null; parcel = parcel.Next)
            if (parcel.Frames.Depth > 0 && parcel.Frames.Top.Driver == edge)
                parcel.Frames.Pop();
        stack.Custodian.TakeOver(message, me);
    }
}

/// <summary>To a fresh driver: its edge points at it now.</summary>
internal sealed class InPlace : INoSerializationVerificationNeeded
{
    public static readonly InPlace Instance = new();
}
