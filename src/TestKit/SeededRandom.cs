namespace ChimneyActors.TestKit;

/// <summary>One row of choices: drawn from a seed, or played again from what was kept of another run.</summary>
/// <remarks>The same on every machine and every version of the base library. Whoever asks puts the simplest case at
/// nought, so that a row with nothing in it is the plainest of all runs.</remarks>
internal sealed class SeededRandom
{
    private const int LuckSteps = 1 << 20;
    private readonly int[] _played;
    private readonly bool _goesOn;
    private readonly List<int>? _kept;
    private ulong _state;
    private int _at;

    /// <summary>Choices that a seed makes.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="kept">Where each is written down; null for nowhere.</param>
    /// <param name="first">The first of them, if they are given.</param>
    public SeededRandom(long seed, List<int>? kept = null, params int[] first)
    {
        _state = unchecked((ulong)seed * 0xD1342543DE82EF95 + 0x9E3779B97F4A7C15);
        _played = first;
        _goesOn = true;
        _kept = kept;
    }

    /// <summary>Choices that were made before; nought when there are no more of them.</summary>
    public SeededRandom(int[] played, List<int> kept)
    {
        _played = played;
        _kept = kept;
    }

    private bool IsDrawn => _goesOn && _at >= _played.Length;

    /// <summary>From 0 to below a limit.</summary>
    public int Below(int limit) => Keep(IsDrawn ? (int)(Next() % (ulong)limit) : NextPlayed() % limit);

    /// <summary>From one number to another, both included.</summary>
    public int Between(int min, int max) => min + Below(max - min + 1);

    /// <summary>From 1 to so many; the most is the simplest.</summary>
    public int UpTo(int most) => most - Below(most);

    /// <summary>True so many times of a hundred.</summary>
    public bool Percent(int percent) =>
        Keep((IsDrawn ? Next() % 100 < (ulong)percent : NextPlayed() != 0) ? 1 : 0) != 0;

    /// <summary>True with this probability, 0 to 1.</summary>
    /// <param name="rate">At 0 nothing is drawn.</param>
    /// <param name="luck">When true, evenly distributed from 0 to below 1, for a further decision.</param>
    public bool Hits(double rate, out double luck)
    {
        luck = 0;
        if (rate <= 0)
            return false;
        int step;
        if (IsDrawn)
        {
            double value = (Next() >> 11) * (1.0 / (1UL << 53)) / rate;
            step = value < 1 ? 1 + (int)(value * LuckSteps) : 0;
        }
        else
            step = NextPlayed() % (LuckSteps + 1);
        if (Keep(step) == 0)
            return false;
        luck = (step - 1) / (double)LuckSteps;
        return true;
    }

    private int NextPlayed() => _at < _played.Length ? _played[_at++] : 0;

    private int Keep(int choice)
    {
        _kept?.Add(choice);
        return choice;
    }

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong value = _state;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
