using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Supervision;

/// <summary>Asks before it judges: a connection whose oldest request is too old is told to ask its target about
/// it.</summary>
/// <remarks>A peer that does not acknowledge is no fault (DISC-37); how long to wait for it is the host's
/// policy.</remarks>
/// <param name="stack">The stack.</param>
/// <param name="lookAtAges">Judges the age of requests; null where it has no limit.</param>
internal sealed class HangWatchActor(DriverStack stack, Action? lookAtAges) : UntypedActor, IWithTimers
{
    private static readonly object Tick = new();

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() =>
        Timers.StartPeriodicTimer("tick", Tick, stack.Settings.HangInterval);

    protected override void OnReceive(object message)
    {
        foreach (AdapterNode adapter in stack.Life.Adapters)
            if (!adapter.IsVirtual)
                adapter.Driver.Tell(HangSuspect.Instance, Self);
        foreach (ConnectionEntry entry in stack.Handles.All())
        {
            if (IsOver(entry.OldestSince, stack.Settings.HangDeadline))
                entry.Edge.Tell(HangSuspect.Instance, Self);
            if (IsOver(entry.SeverSince, stack.Settings.SeverDeadline))
            {
                Context.GetLogger().Error(
                    "The target of {0} does not let go of connection {1}; its memory is quarantined",
                    entry.Shelf?.Name, entry.Handle);
                stack.Custodian.GiveUpOn(entry);
            }
        }
        lookAtAges?.Invoke();
    }

    private bool IsOver(long since, TimeSpan deadline) =>
        since != 0 && stack.Clock.GetElapsedTime(since, stack.Now) > deadline;
}

/// <summary>To a connection: something of yours is old. To a miniport: look whether your adapter hangs.</summary>
internal sealed class HangSuspect : INoSerializationVerificationNeeded
{
    public static readonly HangSuspect Instance = new();
}

/// <summary>The target has forgotten a request; the connection dies, is severed, and goes back to the host.</summary>
internal sealed class TargetFailedException(string message) : Exception(message);
