using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>An intermediate driver of your own: sees what goes down and what comes back up, and passes it on, at once
/// or later.</summary>
/// <remarks>
/// One instance for each life of the driver; its methods are called one at a time. It must pass each message it is
/// given exactly once, in the order in which they came; what it wants to pass later it must <see cref="Hold"/>, and
/// everything of a connection before the connection's disconnect or terminate goes by in the same direction. After a
/// message was passed on it is not touched. What throws is replaced by a fresh instance; what was in hand and what was
/// held then comes home without it. Who keeps a message silently (V-16) or passes one twice (V-03) is named by the
/// ledger. Received data and events pass by themselves.
/// </remarks>
public abstract class IntermediateDriver
{
    private IIntermediateHost? _host;

    /// <summary>Its name in the stack.</summary>
    protected string Name => Host.Name;

    /// <summary>The time of the stack.</summary>
    protected TimeProvider Clock => Host.Clock;

    private IIntermediateHost Host => _host ?? throw new InvalidOperationException("Not in a stack yet.");

    /// <summary>A request on its way down: initiate, send, receive, disconnect or terminate.</summary>
    protected internal virtual void OnRequest(OffloadRequest request) => PassDown(request);

    /// <summary>A completion on its way up. It may carry several requests, also of several connections.</summary>
    protected internal virtual void OnCompletion(OffloadCompletion completion) => PassUp(completion);

    /// <summary>A timer of <see cref="StartTimer"/> has ended.</summary>
    /// <param name="key">Which one.</param>
    protected internal virtual void OnTimer(object key)
    {
    }

    /// <summary>Passes a request to the driver below.</summary>
    protected void PassDown(OffloadRequest request) => Host.PassDown(request);

    /// <summary>Passes a completion to whoever above asked.</summary>
    protected void PassUp(OffloadCompletion completion) => Host.PassUp(completion);

    /// <summary>Keeps a request or a completion for now; pass it later by the same method as otherwise.</summary>
    protected void Hold(OffloadMessage message) => Host.Hold(message);

    /// <summary>Calls <see cref="OnTimer"/> once, after a while; an earlier timer with the same key is
    /// forgotten.</summary>
    /// <param name="key">Names the timer.</param>
    /// <param name="after">Time of the stack.</param>
    protected void StartTimer(object key, TimeSpan after) => Host.StartTimer(key, after);

    internal void Enter(IIntermediateHost host) => _host = host;
}

/// <summary>What somebody's driver can do.</summary>
internal interface IIntermediateHost
{
    string Name { get; }

    TimeProvider Clock { get; }

    void PassDown(OffloadRequest request);

    void PassUp(OffloadCompletion completion);

    void Hold(OffloadMessage message);

    void StartTimer(object key, TimeSpan after);
}
