using System.Text.RegularExpressions;

namespace ChimneyActors.TestKit;

/// <summary>Makes a failing run smaller: leaves choices out, and keeps what still breaks the same promise.</summary>
/// <remarks>A run is better when it has fewer events, and among equals when fewer of its choices are not the plainest
/// ones. Rows are shortened, thinned out and lowered, again and again, until nothing of that helps any more.</remarks>
internal sealed partial class Shrinker
{
    private const int AloneMax = 400;
    private const int SmallMax = 300;
    private const int VariationsMax = 100;
    private const int StepsLeast = 1000;
    private readonly Simulation _simulation;
    private readonly int _runsMax;
    private readonly int _enough;
    private readonly bool _anyPromise;
    private readonly string _wanted;
    private SimulationRecord _best;
    private int _runs;
    private long _world;

    public Shrinker(Simulation simulation, SimulationRecord failing, int runsMax, int enough, bool anyPromise)
    {
        _simulation = simulation;
        _runsMax = runsMax;
        _enough = enough;
        _anyPromise = anyPromise;
        _wanted = KindOf(failing.Result.Violations[0]);
        _best = failing;
    }

    private bool IsOver => _runs >= _runsMax || _best.Result.Events < _enough;

    /// <summary>Does it.</summary>
    public SimulationRecord Run()
    {
        var worlds = new SmallWorlds(_best.Choices[(int)ChoiceRow.Plan]);
        for (int round = 0; !IsOver; round++)
        {
            SearchSmall(worlds, round);
            SimulationRecord before;
            do
            {
                before = _best;
                ForEachRow(row => TryRow(row, []));
                ForEachRow(Shorten);
                ForEachRow(Thin);
                ForEachRow(Lower);
            }
            while (_best != before && !IsOver);
            Vary(round);
        }
        return _best;
    }

    /// <summary>Looks for the same in small worlds like this one: a run cannot be thinned out to one with another order
    /// of things, but that may be the smallest.</summary>
    private void SearchSmall(SmallWorlds worlds, int round)
    {
        for (int left = round == 0 ? 2 * SmallMax : SmallMax; !IsOver && left > 0; left--)
        {
            _runs++;
            Take(worlds.Draw(++_world));
        }
    }

    /// <summary>Tries other ways to go on from the middle of the smallest run.</summary>
    private void Vary(int round)
    {
        var random = new SeededRandom(round);
        for (int left = VariationsMax; !IsOver && left > 0; left--)
        {
            _runs++;
            int row = random.Percent(50) ? (int)ChoiceRow.Schedule : random.Below(Choices.Rows);
            int keep = random.Below(_best.Choices[row].Length + 1);
            Take(Choices.Vary(_best.Choices, row, keep, (round * VariationsMax) + left));
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
        for (int cut = _best.Choices[row].Length; cut > 0 && !IsOver; cut /= 2)
            while (_best.Choices[row].Length >= cut && TryRow(row, _best.Choices[row][..^cut]))
            {
            }
    }

    /// <summary>Tries without pieces of a row, large ones first: taken out, or made plain.</summary>
    private void Thin(int row)
    {
        for (int size = Math.Max(1, _best.Choices[row].Length / 2); size > 0 && !IsOver; size /= 2)
        {
            if (size == 1 && _best.Choices[row].Length > AloneMax)
                break;
            for (int at = _best.Choices[row].Length - size; at >= 0 && !IsOver; at -= size)
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
        for (int at = 0; at < _best.Choices[row].Length && at < AloneMax && !IsOver; at++)
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
        if (IsOver)
            return false;
        _runs++;
        return Take(Choices.Play(choices));
    }

    /// <summary>Keeps a run that is better. One with more events than the best has is not wanted, and so it is not run
    /// to its end; nor one that has next to no events, and takes for ever.</summary>
    private bool Take(Choices choices)
    {
        long stepsMax = Math.Min(Simulation.StepsMax, StepsLeast + (2 * _best.Result.Steps));
        SimulationRecord result = _simulation.Run(_best, choices, (int)_best.Result.Events + 1, stepsMax);
        _runs += (int)(result.Result.Steps / StepsLeast);     // a long one counts as many
        if (!IsBetter(result) || !result.Result.Violations.Any(IsWanted))
            return false;
        _best = result;
        return true;
    }

    private bool IsWanted(string violation) =>
        KindOf(violation) == _wanted || (_anyPromise && !SeededWorld.IsLimit(violation));

    private bool IsBetter(SimulationRecord other) =>
        (other.Result.Events, other.Size, other.Sum).CompareTo((_best.Result.Events, _best.Size, _best.Sum)) < 0;

    /// <summary>A violation without its numbers; of the verifier's, what was broken and by whom.</summary>
    private static string KindOf(string violation) => Numbers().Replace(
        violation.StartsWith("V-", StringComparison.Ordinal) ? violation[..violation.IndexOf(':')] : violation, "#");

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}
