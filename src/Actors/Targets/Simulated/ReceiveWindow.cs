namespace ChimneyActors.Targets.Simulated;

/// <summary>What the peer was told it may send (RFC 9293 sections 3.8.6 and 3.10.7.4).</summary>
/// <param name="mss">Largest segment of the peer.</param>
/// <param name="right">Where the window that the peer knows ends.</param>
internal sealed class ReceiveWindow(int mss, long right)
{
    /// <summary>Stream offset behind the last byte that the peer may send. Never goes back: a window that shrinks is
    /// discouraged (section 3.8.6).</summary>
    internal long Right { get; private set; } = right;

    /// <summary>Whether the room has grown enough to be worth telling: no silly windows (section 3.8.6.2.2).</summary>
    internal bool IsWorthTelling(Reassembly room) =>
        room.Read + room.Capacity - Right >= Math.Min(mss, room.Capacity / 2);

    /// <summary>The window to put into a segment; from now on the peer may use it.</summary>
    internal int Offer(Reassembly room, long next)
    {
        if (IsWorthTelling(room))
            Right = room.Read + room.Capacity;
        return (int)Math.Max(0, Right - next);
    }

    /// <summary>The test of RFC 9293 section 3.10.7.4, first step.</summary>
    /// <param name="seq">First octet.</param>
    /// <param name="length">Octets in the sequence space.</param>
    /// <param name="next">RCV.NXT.</param>
    internal bool Accepts(long seq, int length, long next)
    {
        bool closed = Right <= next;
        if (length == 0)
            return closed ? seq == next : seq >= next && seq < Right;
        return !closed && seq < Right && seq + length > next;
    }
}
