using ChimneyActors.Ndis;

namespace ChimneyActors.Targets;

/// <summary>Finds out how many bytes the host should keep outstanding (EVT-16); says so seldom (EVT-17).</summary>
/// <remarks>The measure is what the way holds when it takes no more, twice: one part under way and one to refill
/// it from. It does not follow what happens to be posted, because only a full way is asked, or one that has taken
/// nearly all that was said to be best: a host that keeps to it would else never find out that the way has grown. It
/// only grows, as buffers do, by at least the double: a handful of events in the life of a connection.</remarks>
internal struct SendBacklog
{
    private long _said;

    /// <summary>What was said last; unsupported while nobody has found a full way.</summary>
    internal readonly uint Best => _said == 0 ? TcpOffloadStateDelegated.Unsupported : (uint)_said;

    /// <summary>Notes what a full way holds.</summary>
    /// <param name="heldBytes">Bytes outstanding in the moment it took no more.</param>
    /// <param name="bytes">The new optimum.</param>
    /// <returns>True if the change is worth an event.</returns>
    internal bool Learn(long heldBytes, out long bytes)
    {
        bytes = 2 * heldBytes;
        bool worthIt = bytes > 0 && bytes >= 2 * _said;
        if (worthIt)
            _said = bytes;
        return worthIt;
    }

    /// <summary>Notes what a way holds that has taken everything.</summary>
    /// <param name="heldBytes">Bytes outstanding.</param>
    /// <param name="bytes">The new optimum.</param>
    /// <returns>True if the way has outgrown the old one.</returns>
    internal bool Outgrow(long heldBytes, out long bytes)
    {
        bytes = 2 * _said;
        bool hasOutgrown = _said > 0 && heldBytes >= _said - (_said / 4) && bytes <= int.MaxValue;
        if (hasOutgrown)
            _said = bytes;
        return hasOutgrown;
    }
}
