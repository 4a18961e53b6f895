using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace ChimneyActors.TestKit;

/// <summary>Akka's timers on virtual time. Made by Akka; through it the dispatchers find their loop.</summary>
internal sealed class SeededScheduler : SchedulerBase
{
    public SeededScheduler(Config config, ILoggingAdapter log)
        : base(config, log)
    {
    }

    /// <summary>The loop of this system.</summary>
    public SeededLoop Loop { get; } = new();

    /// <summary>The time of this system.</summary>
    public SeededClock Clock { get; } = new();

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => Clock.Now;

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => Clock.Now;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => Clock.GetUtcNow();

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        At(delay, null, () => receiver.Tell(message, sender), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender,
        ICancelable cancelable) =>
        At(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        At(delay, null, action, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        At(delay, null, action.Run, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        At(initialDelay, interval, action, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        At(initialDelay, interval, action.Run, cancelable);

    private void At(TimeSpan delay, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        SeededClock.Due? due = null;
        lock (Clock)    // a system that starts is not on one thread yet
            due = Clock.At(delay, interval, () =>
            {
                if (cancelable?.IsCancellationRequested != true)
                    action();
                else
                    due!.IsOver = true;
            });
    }
}
