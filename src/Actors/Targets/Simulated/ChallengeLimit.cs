namespace ChimneyActors.Targets.Simulated;

/// <summary>How many challenge ACKs may be sent: who forges segments shall not make us a source of many (RFC 5961
/// section 7).</summary>
internal sealed class ChallengeLimit
{
    private const int AnswersMax = 10;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private TimeSpan _start;
    private int _given;

    internal bool Allows(TimeSpan now)
    {
        if (now - _start >= Period)
        {
            _start = now;
            _given = 0;
        }

        return _given++ < AnswersMax;
    }
}
