using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>Segments that a target must treat specially (PKT): RST, SYN, URG, and what comes when it is over.</summary>
internal sealed partial class TcpEngine
{
    private const int PassedUpMax = 64;

    private readonly ChallengeLimit _challenges = new();
    private readonly ChallengeLimit _synChallenges = new(1, TimeSpan.FromSeconds(3));
    private readonly Queue<Segment> _passedUp = new();
    private bool _isHeld;

    /// <summary>A segment for the ordinary receive path of the host: it came when the engine had let go, or had to
    /// leave it to the host (PKT-03, PKT-04, TERM-17, EVT-25). At most 64 wait; of more, the peer keeps a copy.
    /// </summary>
    internal bool TryTakePassedUp(out Segment segment) => _passedUp.TryDequeue(out segment);

    /// <summary>Whether the peer has ended the connection, or it died: what comes now is the host's (EVT-25). One that
    /// was aborted from here still answers.</summary>
    internal bool LeavesAllToHost => IsOver && !_aborted;

    private void PassUp(in Segment segment)
    {
        if (_passedUp.Count < PassedUpMax)
            _passedUp.Enqueue(segment);
    }

    /// <summary>Only an aborted connection answers; its RST may have been lost (RFC 9293 section 3.10.7.1).</summary>
    private void OnSegmentWhenOver(in Segment segment, TimeSpan now)
    {
        if (!_aborted)
            PassUp(segment);
        else if (segment.Has(SegmentFlags.Ack) && !segment.Has(SegmentFlags.Rst))
            Transmit(new Segment(segment.Ack, default, SegmentFlags.Rst, 0, default), now);
    }

    /// <summary>Outside the window it is dropped, at its start it is believed, else challenged (RFC 5961 section 3.2,
    /// PKT-05).</summary>
    private void OnReset(long seq, bool acceptable, TimeSpan now)
    {
        if (seq == Received)
            End(State == TcpConnectionState.TimeWait ? TcpEventKind.Closed : TcpEventKind.Reset);
        else if (acceptable)
            Validate(now);
    }

    /// <summary>RFC 5961 section 4, but for two cases of the chimney: one that opens the connection anew is the host's,
    /// and so is one exactly at RCV.NXT (PKT-04).</summary>
    private void OnSyn(in Segment segment, long seq, bool acceptable, TimeSpan now)
    {
        if (State == TcpConnectionState.TimeWait)
            PassUp(segment);
        else if (seq == Received)
            End(TcpEventKind.SynReceived);
        else if (!acceptable)
            Challenge(now);
        else if (_synChallenges.Allows(now))
            Challenge(now);
    }

    /// <summary>Urgent data is not for a target: it stands still, acknowledges nothing more, and keeps for the ordinary
    /// path what comes (PKT-03). One that is not valid is dropped.</summary>
    /// <returns>False: the peer has finished, and URG means nothing any more (RFC 9293 section 3.10.7.4).</returns>
    private bool OnUrgent(in Segment segment, long ack, bool acceptable)
    {
        if (State is not (TcpConnectionState.Established or TcpConnectionState.FinWait1
            or TcpConnectionState.FinWait2))
            return false;
        if (!acceptable || ack > _max || ack < _una - _rightMax)
            return true;
        _isHeld = true;
        StopPushTimer();
        PassUp(segment);
        Happened(TcpEventKind.UrgentReceived, _arrived.Next);
        return true;
    }

    private void Challenge(TimeSpan now)
    {
        if (_challenges.Allows(now))
            Acknowledge(now);
    }
}
