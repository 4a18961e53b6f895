using ChimneyActors.Buffers;
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
/// ledger. Received data and events are seen, and pass by themselves.
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

    /// <summary>A control request on its way down. A driver that makes offloading impossible answers
    /// <see cref="Oid.TcpTaskOffload"/> with NOT_SUPPORTED; every other one passes it (IM-23).</summary>
    protected internal virtual void OnOid(OidRequest request) => PassDown(request);

    /// <summary>The virtual adapter is paused: every connection through it went back to its host. What it still holds
    /// it passes on now. Cannot fail (LIFE-01).</summary>
    /// <returns>SUCCESS, or PENDING: then <see cref="PauseComplete"/> once.</returns>
    protected internal virtual NdisStatus OnPause() => NdisStatus.Success;

    /// <summary>The virtual adapter is restarted.</summary>
    /// <returns>SUCCESS, or RESOURCES or FAILURE: then it is paused again.</returns>
    protected internal virtual NdisStatus OnRestart() => NdisStatus.Success;

    /// <summary>An adapter below says something to everybody above; it is said again as the virtual adapter's own when
    /// this returns true.</summary>
    protected internal virtual bool OnStatus(IndicateStatus status) => true;

    /// <summary>Received data, or an event, on its way up; it passes when this returns. Data is only to be looked at,
    /// and only now.</summary>
    protected internal virtual void OnIndication(OffloadIndication indication)
    {
    }

    /// <summary>A timer of <see cref="StartTimer"/> has ended.</summary>
    /// <param name="key">Which one.</param>
    protected internal virtual void OnTimer(object key)
    {
    }

    /// <summary>Passes a request to the driver below.</summary>
    protected void PassDown(OffloadRequest request) => Host.PassDown(request);

    /// <summary>Passes a completion to whoever above asked.</summary>
    protected void PassUp(OffloadCompletion completion) => Host.PassUp(completion);

    /// <summary>Passes several completions of one operation as one, in this order (GEN-09).</summary>
    internal void PassUpTogether(IReadOnlyList<OffloadCompletion> several) => Host.PassUpTogether(several);

    /// <summary>Answers a control request in place of the adapter.</summary>
    /// <param name="request">Which; not to be touched afterwards.</param>
    /// <param name="status">NOT_SUPPORTED, INVALID_PARAMETER or FAILURE.</param>
    protected void Answer(OidRequest request, NdisStatus status) => Host.Answer(request, status);

    /// <summary>The pause that was answered with PENDING has ended.</summary>
    protected void PauseComplete() => Host.PauseComplete();

    /// <summary>Keeps a request or a completion for now; pass it later by the same method as otherwise.</summary>
    protected void Hold(OffloadMessage message) => Host.Hold(message);

    /// <summary>Refuses an initiate that was not passed on: the connection stays the host's.</summary>
    /// <param name="initiate">What is asked.</param>
    /// <param name="status">OffloadConnectionRejected, OffloadTcpEntries, Resources, or Failure: after that one the
    /// host may try again.</param>
    /// <param name="reason">For whoever asks why.</param>
    protected void Refuse(InitiateOffload initiate, NdisStatus status, string reason) =>
        Host.Refuse(initiate, status, reason);

    /// <summary>Whether a connection of this name is still offloaded, or being so.</summary>
    protected bool IsKnown(OffloadHandle connection) => Host.IsKnown(connection);

    /// <summary>Writes a line to the host's log.</summary>
    protected void Say(string what) => Host.Say(what);

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

    void PassUpTogether(IReadOnlyList<OffloadCompletion> several);

    void Hold(OffloadMessage message);

    void Answer(OidRequest request, NdisStatus status);

    void PauseComplete();

    void Refuse(InitiateOffload initiate, NdisStatus status, string reason);

    bool IsKnown(OffloadHandle connection);

    void Say(string what);

    void StartTimer(object key, TimeSpan after);
}
