using Akka.Actor;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>Somebody told a link something: it wants its turn.</summary>
internal sealed class LinkWoken : INoSerializationVerificationNeeded
{
    public static readonly LinkWoken Instance = new();
}

/// <summary>Time is over for something.</summary>
internal sealed class LinkDue : INoSerializationVerificationNeeded
{
    public static readonly LinkDue Instance = new();
}

/// <summary>One timer for a link: it rings no later than asked, and is not set again for later.</summary>
internal sealed class LinkTimer(ITimerScheduler timers)
{
    private TimeSpan? _at;

    /// <summary>It rang.</summary>
    public void Rang() => _at = null;

    /// <summary>Rings by then.</summary>
    public void RingBy(TimeSpan? due, TimeSpan now)
    {
        if (due is not { } then || _at <= then)
            return;
        _at = then;
        TimeSpan wait = then - now;
        timers.StartSingleTimer(nameof(LinkDue), LinkDue.Instance,
            wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1));
    }
}
