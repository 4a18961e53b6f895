using System.Text;
using ChimneyActors.Node.Verbs;
using ChimneyActors.TestKit;

namespace ChimneyActors.Node.Simulate;

/// <summary>The files of <c>simulate</c>, <c>replay</c> and <c>shrink</c>, with errors that a user can mend.</summary>
internal static class SimulateFiles
{
    /// <summary>Opens the file of a trace; null if there is to be none.</summary>
    public static StreamWriter? OpenTrace(string? file)
    {
        try
        {
            return file is null ? null : new StreamWriter(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NodeException.Environment($"cannot write '{file}'", "in --trace", exception.Message);
        }
    }

    /// <summary>Opens the file of a capture; null if there is to be none.</summary>
    public static FileStream? OpenCapture(string? file)
    {
        try
        {
            return file is null ? null : File.Create(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NodeException.Environment($"cannot write '{file}'", "in --capture", exception.Message);
        }
    }

    /// <summary>Reads a record.</summary>
    public static SimulationRecord Load(string file)
    {
        try
        {
            return SimulationRecord.Load(file);
        }
        catch (FormatException exception)
        {
            throw NodeException.Usage($"bad record '{file}'", "on the command line", exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NodeException.Environment($"cannot read '{file}'", "on the command line", exception.Message);
        }
    }

    /// <summary>Writes a record.</summary>
    public static void Save(SimulationRecord record, string file)
    {
        try
        {
            record.Save(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NodeException.Environment($"cannot write '{file}'", "for the record", exception.Message);
        }
    }

    /// <summary>Reads the name of a planted break, as in <c>early-success</c>.</summary>
    public static PlantedBreak ReadPlanted(string? name, string option)
    {
        if (name is null)
            return PlantedBreak.None;
        foreach (PlantedBreak planted in Enum.GetValues<PlantedBreak>())
            if (planted != default && NameOf(planted) == name)
                return planted;
        throw NodeException.Usage($"unknown break '{name}'", $"in {option}", "one of "
            + string.Join(", ", Enum.GetValues<PlantedBreak>().Where(planted => planted != default).Select(NameOf)));
    }

    /// <summary>The name of a planted break on the command line.</summary>
    public static string NameOf(PlantedBreak planted)
    {
        var name = new StringBuilder();
        foreach (char letter in planted.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
                name.Append('-');
            name.Append(char.ToLowerInvariant(letter));
        }
        return name.ToString();
    }

    /// <summary>What a run came to, a line or more.</summary>
    public static void Print(SimulationRecord record)
    {
        SimulationResult result = record.Result;
        Console.Out.WriteLine(FormattableString.Invariant(
            $"seed {record.Seed}: {result.Events} events, {record.Size} choices, ")
            + FormattableString.Invariant($"{result.FaultsInjected} faults, {result.ActorsCrashed} crashes, ")
            + FormattableString.Invariant($"{result.Violations.Count} violations"));
        foreach (string violation in result.Violations)
            Console.Out.WriteLine($"  {violation}");
        foreach (string held in result.Held)
            Console.Out.WriteLine($"    {held}");
    }
}
