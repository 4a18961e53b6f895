using System.Globalization;

namespace ChimneyActors.Bench.Measuring;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchOptions
{
    /// <summary>Name of the benchmark that runs.</summary>
    public required string Bench { get; init; }

    /// <summary>Tiny counts, one round, no warm-up: only to see that it still works.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Rounds that count.</summary>
    public int Repetitions { get; init; } = 7;

    /// <summary>Growth up to a million connections.</summary>
    public bool Million { get; init; }

    /// <summary>Only groups of cases whose name contains this.</summary>
    public string? Only { get; init; }

    /// <summary>The names of groups that were asked for, in that order.</summary>
    public List<string> Groups { get; } = [];

    /// <summary>A file that gets a line of JSON for each case, behind what it has.</summary>
    public string? JsonFile { get; init; }

    /// <summary>What to type to see the same.</summary>
    public string Command => $"bench {Bench}{(IsQuick ? " --quick" : "")}{(Million ? " --million" : "")}"
        + (Repetitions == 7 || IsQuick ? "" : FormattableString.Invariant($" --repetitions {Repetitions}"));

    /// <summary>Whether a group of cases is wanted.</summary>
    public bool Wants(string group)
    {
        if (!Groups.Contains(group))
            Groups.Add(group);
        return Fits(group);
    }

    /// <summary>Whether <see cref="Only"/> fitted something.</summary>
    public bool HasWanted => Only is null || Groups.Exists(Fits);

    /// <summary>So many, or the few of a quick run.</summary>
    public int Count(int full, int quick) => IsQuick ? quick : full;

    /// <summary>Reads what stands behind the name of the benchmark.</summary>
    /// <exception cref="BenchException">An option is not known.</exception>
    public static BenchOptions Parse(string bench, ReadOnlySpan<string> words)
    {
        var options = new BenchOptions { Bench = bench };
        for (int i = 0; i < words.Length; i++)
            options = words[i] switch
            {
                "--quick" => options with { IsQuick = true, Repetitions = 1 },
                "--million" => options with { Million = true },
                "--repetitions" => options with { Repetitions = Number(words, ++i) },
                "--only" => options with { Only = Word(words, ++i) },
                "--json" => options with { JsonFile = Word(words, ++i) },
                _ => throw new BenchException($"option '{words[i]}' is not known; see bench list"),
            };
        return options;
    }

    private bool Fits(string group) => Only is null || group.Contains(Only, StringComparison.OrdinalIgnoreCase);

    private static int Number(ReadOnlySpan<string> words, int index) =>
        int.TryParse(Word(words, index), CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new BenchException($"{words[index - 1]} needs a number above 0");

    private static string Word(ReadOnlySpan<string> words, int index) => index < words.Length
        ? words[index]
        : throw new BenchException($"{words[index - 1]} needs a value");
}

/// <summary>Something that the user can mend.</summary>
internal sealed class BenchException(string message) : Exception(message);
