using Akka.Actor;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>The thread of the <see cref="Conductor"/>: looks when something has changed, and now and then while
/// something is under way.</summary>
internal sealed class LifeActor(DriverStack stack, Conductor conductor) : UntypedActor, IWithTimers
{
    private static readonly object Again = new();

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Its predecessor may have died of what it found: not at once.</summary>
    protected override void PreStart()
    {
        conductor.Resume();
        LookLater();
    }

    protected override void OnReceive(object message)
    {
        if (message is LifeEventComplete answer)
            conductor.Hear(answer);
        try
        {
            conductor.Look();
        }
        catch (Exception exception)
        {
            stack.OnDeath?.Invoke(stack.Life.Conductor.Name, exception);
            throw;
        }
        if (conductor.IsBusy)
            LookLater();
    }

    private void LookLater() => Timers.StartSingleTimer("again", Again, stack.Settings.LifeInterval);
}
