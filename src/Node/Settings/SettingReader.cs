using System.Globalization;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Settings;

/// <summary>Reads the settings of one section; an error names value, place and lawful range.</summary>
internal sealed class SettingReader(NodeConfiguration configuration, string section)
{
    private static readonly TimeSpan DurationMax = TimeSpan.FromDays(7);

    /// <summary>The text of a setting; every setting has a default, so it is always there.</summary>
    public string Text(string name) =>
        configuration.Root[Key(name)] is { Length: > 0 } text ? text.Trim() : throw Bad(name, "", "a value");

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Count(string name, int min, int max) => (int)Long(name, min, max);

    /// <summary>The same for large ones.</summary>
    public long Long(string name, long min, long max)
    {
        string text = Text(name);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long count)
            && count >= min && count <= max
            ? count
            : throw Bad(name, text, $"a whole number from {min} to {max}");
    }

    /// <summary>A duration; zero means off where <paramref name="offAllowed"/>.</summary>
    public TimeSpan Duration(string name, bool offAllowed)
    {
        string text = Text(name);
        bool good = Durations.TryParse(text, out TimeSpan duration) && duration <= DurationMax
            && (offAllowed ? duration == TimeSpan.Zero || duration.TotalMilliseconds >= 1
                : duration.TotalMilliseconds >= 1);
        return good ? duration : throw Bad(name, text, offAllowed
            ? "a duration from 1ms to 168h such as 500ms, 30s, 5m, or 0 for off"
            : "a duration from 1ms to 168h such as 500ms, 30s, 5m");
    }

    /// <summary>A duration from zero, for off, to <paramref name="max"/>, in microseconds too.</summary>
    public TimeSpan Duration(string name, TimeSpan max)
    {
        string text = Text(name);
        return Durations.TryParse(text, out TimeSpan duration) && duration <= max
            && (text == "0" || duration >= TimeSpan.FromMicroseconds(1))
            ? duration
            : throw Bad(name, text, $"a duration from 1us to {Durations.Text(max)} such as 50us, or 0 for off");
    }

    /// <summary>An address to listen on.</summary>
    public ListenAddress Listen(string name)
    {
        string text = Text(name);
        return ListenAddress.TryParse(text, out ListenAddress? address)
            ? address with { Origin = configuration.Origin(Key(name)) }
            : throw Bad(name, text, ListenAddress.Lawful);
    }

    /// <summary>A host and port to connect to; null if the text is <paramref name="none"/>.</summary>
    public HostAndPort? Host(string name, string none)
    {
        string text = Text(name);
        if (text == none)
            return null;
        return HostAndPort.TryParse(text, out HostAndPort? host) && host.Port > 0
            ? host
            : throw Bad(name, text, $"{HostAndPort.Lawful}, or '{none}'");
    }

    /// <summary>A setting that is not lawful beside others.</summary>
    public NodeException Wrong(string name, string lawful) => Bad(name, Text(name), lawful);

    private string Key(string name) => $"{section}:{name}";

    private NodeException Bad(string name, string text, string lawful) =>
        NodeException.Usage($"bad {name} '{text}'", configuration.Origin(Key(name)), lawful);
}
