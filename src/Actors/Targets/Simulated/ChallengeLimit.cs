namespace ChimneyActors.Targets.Simulated;

/// <summary>How often something may be answered: who forges segments shall not make us a source of many (RFC 5961
/// section 7).</summary>
/// <param name="answersMax">How many answers in a period.</param>
/// <param name="period">It begins with the first answer.</param>
internal sealed class ChallengeLimit(int answersMax, TimeSpan period)
{
    private TimeSpan? _start;
    private int _given;

    /// <summary>The limit of RFC 5961: ten in five seconds.</summary>
    internal ChallengeLimit() : this(10, TimeSpan.FromSeconds(5))
    {
    }

    internal bool Allows(TimeSpan now)
    {
        if (_start is not { } start || now - start >= period)
        {
            _start = now;
            _given = 0;
        }

        return _given++ < answersMax;
    }
}
