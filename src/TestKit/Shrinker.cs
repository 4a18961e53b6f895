using System.Text.RegularExpressions;

namespace ChimneyActors.TestKit;

/// <summary>Makes a failing run smaller: leaves choices out, and keeps what still breaks the same promise.</summary>
/// <remarks>A run is better when it has fewer events, and among equals when fewer of its choices are not the plainest
/// ones. Rows are shortened, thinned out and lowered, again and again, until nothing of that helps any more.</remarks>
internal sealed partial class Shrinker
{
    private const int AloneMax = 400;
    private readonly Simulation _simulation;
    private readonly int _runsMax;
    private readonly string _wanted;
    private SimulationRecord _best;
    private int _runs;

    public Shrinker(Simulation simulation, SimulationRecord failing, int runsMax)
    {
        _simulation = simulation;
        _runsMax = runsMax;
        _wanted = KindOf(failing.Result.Violations[0]);
        _best = failing;
    }

    /// <summary>Does it.</summary>
    public SimulationRecord Run()
    {
        SearchSmall();
        SimulationRecord before;
        do
        {
            before = _best;
            ForEachRow(row => TryRow(row, []));
            ForEachRow(Shorten);
            ForEachRow(Thin);
            ForEachRow(Lower);
        }
        while (_best != before && _runs < _runsMax);
        return _best;
    }

    /// <summary>Looks for the same among other seeds, in worlds with next to nothing in them: a run cannot be thinned
    /// out to one with another order of things, but that may be the smallest.</summary>
    private void SearchSmall()
    {
        for (int seed = 1; seed <= _runsMax / 2; seed++)
        {
            _runs++;
            int size = seed * 4 / _runsMax;     // 0 for the first half of them, then 1
            var choices = Choices.Draw(seed, seed % (2 + size), size * (seed % 2), seed % (4 << size));
            Take(_simulation.Run(_best, choices, EventsMax));
        }
    }

    /// <summary>Hosts first: whole connections go at once.</summary>
    private void ForEachRow(Action<int> act)
    {
        for (int row = _best.Choices.Length - 1; row >= 0; row--)
            act(row);
    }

    /// <summary>Tries without the end of a row, half of it first.</summary>
    private void Shorten(int row)
    {
        for (int cut = _best.Choices[row].Length; cut > 0; cut /= 2)
            while (_best.Choices[row].Length >= cut && TryRow(row, _best.Choices[row][..^cut]))
            {
            }
    }

    /// <summary>Tries without pieces of a row, large ones first: taken out, or made plain.</summary>
    private void Thin(int row)
    {
        for (int size = Math.Max(1, _best.Choices[row].Length / 2); size > 0; size /= 2)
        {
            if (size == 1 && _best.Choices[row].Length > AloneMax)
                break;
            for (int at = _best.Choices[row].Length - size; at >= 0; at -= size)
            {
                int[] now = _best.Choices[row];
                if (at + size > now.Length)
                    continue;
                if (TryRow(row, [.. now[..at], .. now[(at + size)..]]))
                    continue;
                if (now.AsSpan(at, size).IndexOfAnyExcept(0) >= 0)
                    TryRow(row, [.. now[..at], .. new int[size], .. now[(at + size)..]]);
            }
        }
    }

    /// <summary>Tries smaller numbers.</summary>
    private void Lower(int row)
    {
        for (int at = 0; at < _best.Choices[row].Length && at < AloneMax; at++)
            for (bool more = _best.Choices[row][at] > 0 && !TryLower(row, at, 0); more;)
                more = at < _best.Choices[row].Length && (TryLower(row, at, _best.Choices[row][at] / 2)
                    || TryLower(row, at, _best.Choices[row][at] - 1));
    }

    private bool TryLower(int row, int at, int choice)
    {
        if (at >= _best.Choices[row].Length || _best.Choices[row][at] <= choice)
            return false;
        int[] now = [.. _best.Choices[row]];
        now[at] = choice;
        return TryRow(row, now);
    }

    private bool TryRow(int row, int[] choices)
    {
        int[][] all = [.. _best.Choices];
        all[row] = choices;
        return Try(all);
    }

    private bool Try(int[][] choices)
    {
        if (_runs >= _runsMax)
            return false;
        _runs++;
        return Take(_simulation.Run(_best, Choices.Play(choices), EventsMax));
    }

    /// <summary>A run with more events than the best has is not wanted, so it need not be run to its end.</summary>
    private int EventsMax => (int)_best.Result.Events + 1;

    private bool Take(SimulationRecord result)
    {
        if (!IsBetter(result) || !result.Result.Violations.Any(violation => KindOf(violation) == _wanted))
            return false;
        _best = result;
        return true;
    }

    private bool IsBetter(SimulationRecord other) =>
        (other.Result.Events, other.Size, other.Sum).CompareTo((_best.Result.Events, _best.Size, _best.Sum)) < 0;

    /// <summary>A violation without its numbers; of the verifier's, what was broken and by whom.</summary>
    private static string KindOf(string violation) => Numbers().Replace(
        violation.StartsWith("V-", StringComparison.Ordinal) ? violation[..violation.IndexOf(':')] : violation, "#");

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}
