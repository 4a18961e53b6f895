using System.Runtime.CompilerServices;

namespace ChimneyActors.Buffers;

/// <summary>Where a parcel is in its life.</summary>
public enum CustodyState
{
    /// <summary>In its pool, just landed, or not yet on a journey.</summary>
    Free = 0,

    /// <summary>Rented and being filled; no request yet.</summary>
    Rented = 1,

    /// <summary>On its journey: somebody owes a completion.</summary>
    Outstanding = 2,

    /// <summary>The gate was won and its winner is writing status and byte count.</summary>
    Completing = 3,

    /// <summary>On its way home, status and byte count final.</summary>
    Completed = 4,

    /// <summary>Lost to an adapter that does not answer; its memory is never used again.</summary>
    Quarantined = 5,
}

/// <summary>The custody cell: state, flight and holder in one word, changed by compare-and-swap and nowhere
/// else.</summary>
/// <remarks>
/// A late completion of an earlier journey carries an old flight and loses; a holder that was relieved carries an old
/// holder id and loses. Layout: 3 bits state, 27 bits flight, 34 bits holder. docs/exactly-once.md tells the whole
/// story.
/// </remarks>
public struct Custody
{
    private const int FlightShift = 3;
    private const int HolderShift = 30;
    private const long StateMask = 0b111;
    private const long FlightMask = (1L << 27) - 1;

    private long _word;
    private int _moves;
    private History _history;

    /// <summary>The last eight words, so that a report can say how the parcel came to be where it is.</summary>
    [InlineArray(8)]
    private struct History
    {
        private long _first;
    }

    /// <summary>The state now.</summary>
    public readonly CustodyState State => StateOf(Volatile.Read(in _word));

    /// <summary>The flight now.</summary>
    public readonly FlightId Flight => FlightOf(Volatile.Read(in _word));

    /// <summary>The holder now.</summary>
    public readonly HolderId Holder => HolderOf(Volatile.Read(in _word));

    /// <summary>Whether the cell says exactly this.</summary>
    public readonly bool Is(CustodyState state, FlightId flight, HolderId holder) =>
        Volatile.Read(in _word) == Pack(state, flight, holder);

    /// <summary>Whether this holder has it on this flight, on its way down or home: one look, and which of the
    /// two.</summary>
    internal readonly bool IsUnderWay(FlightId flight, HolderId holder, out CustodyState state)
    {
        long word = Volatile.Read(in _word);
        state = StateOf(word);
        return state is CustodyState.Outstanding or CustodyState.Completed && word == Pack(state, flight, holder);
    }

    /// <summary>The one way to change a cell. False: somebody else was first, and the loser does nothing.</summary>
    internal bool TryMove(
        CustodyState from, FlightId flight, HolderId holder,
        CustodyState to, FlightId newFlight, HolderId newHolder)
    {
        long wanted = Pack(to, newFlight, newHolder);
        long expected = Pack(from, flight, holder);
        if (Interlocked.CompareExchange(ref _word, wanted, expected) != expected)
            return false;
        _history[_moves++ & 7] = wanted;
        return true;
    }

    /// <summary>Gives a member of a chain a holder of its own; one that has left the chain stays as it is. Asked twice
    /// on the way down, so a look comes first.</summary>
    internal void Disperse(FlightId flight, HolderId holder)
    {
        // A swap though the head is held: at a hard stop the auditor takes members alone, beside a living driver.
        if (Is(CustodyState.Outstanding, flight, HolderId.Chain))
            TryMove(CustodyState.Outstanding, flight, HolderId.Chain, CustodyState.Outstanding, flight, holder);
    }

    /// <summary>Sets the cell; only for who owns it by having won a <see cref="TryMove"/>.</summary>
    internal void Set(CustodyState state, FlightId flight, HolderId holder)
    {
        long word = Pack(state, flight, holder);
        _history[_moves++ & 7] = word;
        Volatile.Write(ref _word, word);
    }

    /// <summary>The last moves, oldest first, for a report.</summary>
    public readonly string Describe()
    {
        int moves = _moves;
        int first = Math.Max(0, moves - 8);
        IEnumerable<string> steps = Steps(this, first, moves);
        return string.Join(" > ", steps);
    }

    /// <inheritdoc/>
    public override readonly string ToString() => Name(Volatile.Read(in _word));

    private static IEnumerable<string> Steps(Custody cell, int first, int moves)
    {
        for (int i = first; i < moves; i++)
            yield return Name(cell._history[i & 7]);
    }

    private static string Name(long word) => $"{StateOf(word)}/f{FlightOf(word).Value}/h{HolderOf(word).Value}";

    private static long Pack(CustodyState state, FlightId flight, HolderId holder) =>
        (holder.Value << HolderShift) | ((flight.Value & FlightMask) << FlightShift) | (long)state;

    private static CustodyState StateOf(long word) => (CustodyState)(word & StateMask);

    private static FlightId FlightOf(long word) => new((int)((word >> FlightShift) & FlightMask));

    private static HolderId HolderOf(long word) => new((long)((ulong)word >> HolderShift));
}
