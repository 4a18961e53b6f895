using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Intermediates;

/// <summary>What a broken driver does wrong, and how often; counts over all its lives.</summary>
internal sealed class BadHabit(bool drops, int oneIn)
{
    private int _messages;

    /// <summary>Keeps messages; otherwise tells them twice.</summary>
    public bool Drops => drops;

    /// <summary>Whether it is time again.</summary>
    public bool IsDue() => Interlocked.Increment(ref _messages) % oneIn == 0;
}

/// <summary>An intermediate driver as one should not be: proof that the ledger finds it.</summary>
internal sealed class BrokenIntermediateActor(
    DriverStack stack, Edge edge, HolderId me, Lowers lowers, BadHabit habit)
    : IntermediateActor(stack, edge, me, lowers, contextsMax: 0)
{
    protected override void Handle(object message)
    {
        // Control requests it passes: a stack that cannot be told what is wanted of it does not start.
        bool due = message is (OffloadRequest or OffloadCompletion) and not (OidRequest or OidRequestComplete)
            && habit.IsDue();
        if (due && habit.Drops)
            return;
        // Whom the message goes to is known only before it is gone.
        Edge? next = due ? NextOf((OffloadMessage)message) : null;
        base.Handle(message);
        next?.Tell(message, Self);
    }

    private Edge? NextOf(OffloadMessage message) => message switch
    {
        InitiateOffload => null,
        OffloadRequest request => Stack.Handles.Find(request.Connection)?.Below(Edge),
        OffloadCompletion completion => PeekHome(completion.Flight.Head),
        _ => null,
    };

    private static Edge? PeekHome(Parcel parcel) => parcel.Frames.Depth > 0 ? parcel.Frames.Top.AnswerTo as Edge : null;
}
