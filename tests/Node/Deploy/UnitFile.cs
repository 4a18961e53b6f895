namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>A unit of systemd with its drop-ins, as systemd reads it: later lines add, an empty one begins
/// anew.</summary>
internal sealed class UnitFile
{
    private readonly Dictionary<string, List<string>> _values = [];

    private UnitFile()
    {
    }

    /// <summary>Reads one.</summary>
    public static UnitFile Read(params string[] texts)
    {
        var unit = new UnitFile();
        foreach (string line in texts.SelectMany(Lines))
        {
            int at = line.IndexOf('=');
            if (at > 0 && line[0] is not ('#' or ';' or '['))
                unit.Add(line[..at].Trim(), line[(at + 1)..].Trim());
        }

        return unit;
    }

    /// <summary>The only value of a key.</summary>
    public string this[string key] => _values[key].Single();

    /// <summary>The words behind the program's name.</summary>
    public IEnumerable<string> Arguments =>
        this["ExecStart"].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1);

    private static string[] Lines(string text) =>
        text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');

    private void Add(string key, string value)
    {
        if (!_values.TryGetValue(key, out List<string>? values))
            _values.Add(key, values = []);
        if (value.Length == 0)
            values.Clear();
        else
            values.Add(value);
    }
}
