using System.Globalization;

namespace ChimneyActors.Node.Settings;

/// <summary>Durations as people write them: 50us, 500ms, 30s, 5m, 1h; 0 needs no unit.</summary>
internal static class Durations
{
    private static readonly (string Unit, double Milliseconds)[] Units =
        [("us", 0.001), ("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000)];

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        string trimmed = text.Trim();
        if (trimmed == "0")
            return true;
        foreach ((string unit, double milliseconds) in Units)
        {
            if (!trimmed.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!double.TryParse(trimmed.AsSpan(0, trimmed.Length - unit.Length), NumberStyles.AllowDecimalPoint
                | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double count) || count > 1e9)
                return false;
            duration = TimeSpan.FromMilliseconds(count * milliseconds);
            return true;
        }
        return false;
    }

    /// <summary>Writes one the same way.</summary>
    public static string Text(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0",
        { TotalHours: >= 1 } when duration.TotalHours % 1 == 0 => Whole(duration.TotalHours, "h"),
        { TotalMinutes: >= 1 } when duration.TotalMinutes % 1 == 0 => Whole(duration.TotalMinutes, "m"),
        { TotalSeconds: >= 1 } when duration.TotalSeconds % 1 == 0 => Whole(duration.TotalSeconds, "s"),
        _ => Whole(duration.TotalMilliseconds, "ms"),
    };

    private static string Whole(double count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:0.###}{unit}");
}
