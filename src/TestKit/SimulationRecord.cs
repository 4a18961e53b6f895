using System.Text.Json;

namespace ChimneyActors.TestKit;

/// <summary>A run that can be run again without its seed: every choice it made, and what it came to.</summary>
/// <remarks>Good for the build it was made with: another one may ask for other choices.</remarks>
public sealed class SimulationRecord
{
    private const int FormatVersion = 1;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    internal SimulationRecord(long seed, PlantedBreak planted, SimulationResult result, int[][] choices)
    {
        Seed = seed;
        Planted = planted;
        Result = result;
        Choices = choices;
    }

    /// <summary>The seed it came from.</summary>
    public long Seed { get; }

    /// <summary>The break that was in its world on purpose.</summary>
    public PlantedBreak Planted { get; }

    /// <summary>What it came to.</summary>
    public SimulationResult Result { get; }

    /// <summary>How many choices are not the plainest one: the size of a run.</summary>
    public int Size => Choices.Sum(row => row.Count(choice => choice != 0));

    internal int[][] Choices { get; }

    internal long Sum => Choices.Sum(row => row.Sum(choice => (long)choice));

    /// <summary>Reads a file.</summary>
    /// <param name="file">Its name.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is not a record; the message names what is wrong.</exception>
    public static SimulationRecord Load(string file)
    {
        Stored? stored;
        try
        {
            stored = JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(file), Format);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"not a record of a simulation: {exception.Message}", exception);
        }
        if (stored is not { Version: FormatVersion })
            throw new FormatException($"version {stored?.Version ?? 0} of the format; must be {FormatVersion}");
        if (stored.Choices is not { } choices || choices.Length != TestKit.Choices.Rows)
            throw new FormatException($"{stored.Choices?.Length ?? 0} rows of choices; must be {TestKit.Choices.Rows}");
        if (Array.Exists(choices, row => row is null || Array.Exists(row, choice => choice < 0)))
            throw new FormatException("a choice is missing or negative; must be a whole number from 0 on");
        if (!Enum.IsDefined(stored.Planted))
            throw new FormatException($"planted {stored.Planted}; must be one of the planted breaks");
        return new SimulationRecord(stored.Seed, stored.Planted,
            new SimulationResult(stored.Seed, stored.Events, 0, 0, stored.Violations ?? []), choices);
    }

    /// <summary>Writes a file.</summary>
    /// <param name="file">Its name.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string file) => File.WriteAllText(file, JsonSerializer.Serialize(new Stored
    {
        Version = FormatVersion,
        Seed = Seed,
        Planted = Planted,
        Events = Result.Events,
        Violations = [.. Result.Violations],
        Choices = Choices,
    }, Format) + "\n");

    private sealed record Stored
    {
        public int Version { get; init; }

        public long Seed { get; init; }

        public PlantedBreak Planted { get; init; }

        public long Events { get; init; }

        public string[]? Violations { get; init; }

        public int[][]? Choices { get; init; }
    }
}
