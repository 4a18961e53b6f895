using ChimneyActors.Embedding;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Hosting;

/// <summary>Which connections of a node are offloaded, and when.</summary>
internal static class OffloadSettings
{
    private const string Section = "Offload";
    private const string All = "all";
    private const string Busy = "busy";

    /// <summary>The flags of a verb that has a choice.</summary>
    public static IEnumerable<SettingOption> Flags() =>
    [
        new($"{Section}:Policy", "--offload", "POLICY", $"{All} connections at once, or the {Busy} ones only"),
        new($"{Section}:ContextsMax", "--offload-contexts", "COUNT", $"of {Busy}: most at a time, on each side"),
        new($"{Section}:Rotate", "--offload-rotate", "TIME", $"of {Busy}: so long in one place, then the other; 0: no"),
    ];

    /// <summary>Reads and checks them.</summary>
    /// <returns>Null: everything is offloaded at once, and there is no stack of the host's own.</returns>
    public static OffloadPolicy? From(NodeConfiguration configuration)
    {
        SettingReader reader = configuration.Section(Section);
        TimeSpan idle = OfADay(reader, "DemoteIdle");
        TimeSpan rotate = OfADay(reader, "Rotate");
        TimeSpan interval = TimeSpan.FromMilliseconds(250);
        if (rotate > TimeSpan.Zero && rotate < interval)
            interval = rotate;
        var policy = new OffloadPolicy
        {
            ContextsMax = reader.Count("ContextsMax", 0, 1_000_000),
            PromoteBytes = reader.Long("PromoteBytes", 1, long.MaxValue),
            PromoteAge = OfADay(reader, "PromoteAge"),
            DemoteIdle = idle == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : idle,
            Cooldown = OfADay(reader, "Cooldown"),
            Rotate = rotate,
            Interval = interval,
        };
        return reader.Text("Policy") switch
        {
            All => null,
            Busy => policy,
            _ => throw reader.Wrong("Policy", $"{All} or {Busy}"),
        };
    }

    private static TimeSpan OfADay(SettingReader reader, string name)
    {
        TimeSpan duration = reader.Duration(name, offAllowed: true);
        return duration <= TimeSpan.FromDays(1) ? duration : throw reader.Wrong(name, "a duration up to 24h, or 0");
    }
}
