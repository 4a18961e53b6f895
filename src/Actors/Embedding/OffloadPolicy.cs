using System.Globalization;

namespace ChimneyActors.Embedding;

/// <summary>What is worth a context at an offload target, and for how long.</summary>
/// <remarks>A target has room for so many connections; an idle one in it keeps a busy one out. Nothing here is about
/// right or wrong: a connection is served in either place, and its streams go on when it is moved.</remarks>
public sealed record OffloadPolicy
{
    /// <summary>Everything is offloaded at once, as far as the target takes it.</summary>
    public static OffloadPolicy Everything { get; } = new()
    {
        PromoteBytes = 0, PromoteAge = TimeSpan.Zero, DemoteIdle = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Most connections that are offloaded at once. 0 to 1,000,000.</summary>
    public int ContextsMax { get; init; } = 1_000_000;

    /// <summary>Bytes, both ways together, that a connection must have moved since it is in the host. At least 0; with
    /// 0 and no <see cref="PromoteAge"/> a new connection is offloaded at once.</summary>
    public long PromoteBytes { get; init; } = 65_536;

    /// <summary>For so long it must have been in the host. Zero to 1 day.</summary>
    public TimeSpan PromoteAge { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A connection that has moved nothing for so long is taken back; one that is wanted elsewhere sooner, if
    /// another waits for its context. More than zero, at most 1 day; <see cref="Timeout.InfiniteTimeSpan"/> for
    /// never.</summary>
    public TimeSpan DemoteIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection that the target did not take, or wanted to be rid of, stays in the host for so long. Zero
    /// to 1 day.</summary>
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whatever else: a connection is moved to the other place after so long in one. To prove that it can be;
    /// zero for not at all, else up to 1 day.</summary>
    public TimeSpan Rotate { get; init; }

    /// <summary>How often connections are looked at. 1 ms to 1 h.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether a new connection begins at the target.</summary>
    internal bool IsEager => PromoteBytes == 0 && PromoteAge == TimeSpan.Zero;

    /// <summary>Answers itself if every value is lawful.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    internal OffloadPolicy Checked()
    {
        TimeSpan day = TimeSpan.FromDays(1);
        Check(ContextsMax is >= 0 and <= 1_000_000, nameof(ContextsMax), ContextsMax, "0 to 1000000");
        Check(PromoteBytes >= 0, nameof(PromoteBytes), PromoteBytes, "at least 0");
        Check(IsWithin(PromoteAge, TimeSpan.Zero, day), nameof(PromoteAge), PromoteAge, "0 to 1 day");
        Check(DemoteIdle == Timeout.InfiniteTimeSpan || IsWithin(DemoteIdle, TimeSpan.FromTicks(1), day),
            nameof(DemoteIdle), DemoteIdle, "more than 0, at most 1 day, or infinite");
        Check(IsWithin(Cooldown, TimeSpan.Zero, day), nameof(Cooldown), Cooldown, "0 to 1 day");
        Check(IsWithin(Rotate, TimeSpan.Zero, day), nameof(Rotate), Rotate, "0 to 1 day");
        Check(IsWithin(Interval, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)), nameof(Interval), Interval,
            "1 ms to 1 h");
        return this;
    }

    private static bool IsWithin(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;

    private static void Check(bool isLawful, string name, object value, string range)
    {
        if (!isLawful)
            throw new ArgumentOutOfRangeException(name, value,
                string.Create(CultureInfo.InvariantCulture, $"{name} must be {range}."));
    }
}
