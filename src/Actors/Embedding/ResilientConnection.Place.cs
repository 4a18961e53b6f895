namespace ChimneyActors.Embedding;

// Where it is served, and who decides that.
public sealed partial class ResilientConnection
{
    // A place lends so many buffers of its own, and does not know of those that another has lent.
    private const int LentMax = 16;

    /// <summary>The binding that has it, or is to have it when <see cref="IsMoving"/> is over.</summary>
    internal Binding Place => Volatile.Read(ref _binding);

    /// <summary>Whether it is between two bindings, or between two lives over one.</summary>
    internal bool IsMoving => Volatile.Read(ref _repairing);

    /// <summary>Whether nothing goes on any more.</summary>
    internal bool IsOver => Volatile.Read(ref _closed);

    /// <summary>Who decides where it is; null if it has only one place to be.</summary>
    internal HostStack? Host { get; private set; }

    /// <summary>What the host keeps of it.</summary>
    internal HostStack.Guest? Guest { get; private set; }

    /// <summary>It has a host from now on. It may have been moved, or have ended, before.</summary>
    internal void BelongTo(HostStack host, HostStack.Guest guest)
    {
        lock (_lock)
        {
            (Host, Guest) = (host, guest);
            if (!_repairing && !_over)
                host.OnArrived(guest);
        }
        if (_over)
            LeaveHost();
    }

    private void LeaveHost()
    {
        if (Guest is { } guest)
            Host?.OnOver(guest);
    }

    /// <summary>Brings it to another binding, its streams going on. Ends when it is somewhere again.</summary>
    /// <returns>False: it is there already, on its way, or ends where it is. Nor is one moved whose user keeps what it
    /// received: each place lends it so many buffers, and does not know of those before.</returns>
    internal bool TryMove(Binding to, out Task moved)
    {
        lock (_lock)
        {
            bool stays = _repairing || _closed || _ending || _toldClosed || to == _binding;
            bool moves = !stays && _lent is { Now: <= LentMax } && Guest is { } guest && Host!.TryLeave(guest, to);
            if (moves)
                BeginRepair(to);
            moved = _repair;
            return moves;
        }
    }
}
