using System.Globalization;

namespace ChimneyActors.TestKit;

/// <summary>What happened, a line each; nowhere, unless somebody wants it.</summary>
internal sealed class SeededTrace(SeededClock clock, TextWriter? writer)
{
    private readonly long _begin = clock.GetTimestamp();

    /// <summary>Whether it goes anywhere.</summary>
    public bool IsOn => writer is not null;

    /// <summary>One line.</summary>
    public void Write(FormattableString line)
    {
        if (writer is null)
            return;
        double seconds = (clock.GetTimestamp() - _begin) / (double)TimeSpan.TicksPerSecond;
        writer.Write(seconds.ToString("F6", CultureInfo.InvariantCulture));
        writer.Write(' ');
        writer.Write(line.ToString(CultureInfo.InvariantCulture));
        writer.Write('\n');
    }
}
