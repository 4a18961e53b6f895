using ChimneyActors.Buffers;

namespace ChimneyActors.TestKit;

/// <summary>What a choice is about. Each has a row of its own, so that one can be left out without moving the
/// others.</summary>
internal enum ChoiceRow
{
    /// <summary>The shape of the world.</summary>
    Plan,

    /// <summary>Who is next.</summary>
    Schedule,

    /// <summary>What the target does as a whole, and when it lets go.</summary>
    Target,

    /// <summary>What goes wrong with completions and requests.</summary>
    Faults,

    /// <summary>Which driver dies where.</summary>
    Crashes,

    /// <summary>What a host does; one row each.</summary>
    Host,

    /// <summary>What happens to a connection at the target; one row each, behind those of the hosts.</summary>
    Line = Host + WorldPlan.ConnectionsMax,

    /// <summary>What the neighbors and paths of a binding go through; one row each.</summary>
    Network = Line + WorldPlan.ConnectionsMax,

    /// <summary>What is done to adapters and bindings.</summary>
    Life = Network + 2,
}

/// <summary>All choices of one run.</summary>
internal sealed class Choices
{
    /// <summary>How many rows there are.</summary>
    public static readonly int Rows = (int)ChoiceRow.Life + 1;

    private readonly SeededRandom[] _rows;
    private readonly List<int>[]? _kept;

    private Choices(SeededRandom[] rows, List<int>[]? kept)
    {
        _rows = rows;
        _kept = kept;
    }

    /// <summary>A row.</summary>
    /// <param name="row">Which.</param>
    /// <param name="number">Of which host or connection.</param>
    public SeededRandom this[ChoiceRow row, int number = 0] => _rows[(int)row + number];

    /// <summary>What was chosen so far, row by row, without the noughts at the end. Only when it was to be
    /// kept.</summary>
    public int[][] Kept => [.. _kept!.Select(row => row.Take(row.FindLastIndex(choice => choice != 0) + 1).ToArray())];

    /// <summary>As a seed wants it.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="keep">Whether what is chosen is kept.</param>
    /// <param name="lively">Whether the world is to be a lively one, which no seed makes of itself.</param>
    public static Choices Draw(long seed, bool keep, bool lively = false)
    {
        List<int>[]? kept = keep ? NewRows() : null;
        int[] plan = lively ? LivelyPlan(seed) : [];
        return new Choices([.. Enumerable.Range(0, Rows).Select(row => new SeededRandom(
            RowSeed(seed, row), kept?[row], row == (int)ChoiceRow.Plan ? plan : []))], kept);
    }

    /// <summary>As a seed wants it, but for the first choices of the plan, and of each line.</summary>
    public static Choices Draw(long seed, int[] plan, int[] line)
    {
        List<int>[] kept = NewRows();
        return new Choices([.. Enumerable.Range(0, Rows).Select(row => new SeededRandom(RowSeed(seed, row), kept[row],
            row == (int)ChoiceRow.Plan ? plan
                : row is >= (int)ChoiceRow.Line and < (int)ChoiceRow.Network ? line : []))], kept);
    }

    /// <summary>As it was before, but for one row, which goes on from some place as a seed wants it.</summary>
    public static Choices Vary(int[][] rows, int row, int keep, long seed)
    {
        List<int>[] kept = NewRows();
        return new Choices([.. Enumerable.Range(0, Rows).Select(number => number == row
            ? new SeededRandom(RowSeed(seed, number), kept[number], rows[number][..keep])
            : new SeededRandom(rows[number], kept[number]))], kept);
    }

    /// <summary>As it was before, or nearly.</summary>
    public static Choices Play(int[][] rows)
    {
        List<int>[] kept = NewRows();
        return new Choices([.. Enumerable.Range(0, Rows).Select(row =>
            new SeededRandom(row < rows.Length ? rows[row] : [], kept[row]))], kept);
    }

    /// <summary>The plan that the seed wants, but that its world is lively.</summary>
    private static int[] LivelyPlan(long seed)
    {
        List<int> plan = [];
        _ = new WorldPlan(new SeededRandom(RowSeed(seed, (int)ChoiceRow.Plan), plan));
        plan[(int)PlanPlace.Life] = 1;
        plan[(int)PlanPlace.Lively] = 1;
        return [.. plan];
    }

    /// <summary>A row that came later has seeds of its own, so that the others stay what they were.</summary>
    private static long RowSeed(long seed, int row) => row < (int)ChoiceRow.Life
        ? unchecked((seed * (int)ChoiceRow.Life) + row)
        : unchecked(~((seed * Rows) + row));

    private static List<int>[] NewRows() => [.. Enumerable.Range(0, Rows).Select(_ => new List<int>())];
}

/// <summary>Gives a plan of the library its luck from a row.</summary>
internal sealed class RowChance(SeededRandom row) : SeededChance(0)
{
    /// <summary>Whether it has begun.</summary>
    public bool IsArmed { get; set; }

    /// <inheritdoc/>
    public override bool Hits(double rate, out double luck) => row.Hits(IsArmed ? rate : 0, out luck);
}
