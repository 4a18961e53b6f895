using System.Runtime.InteropServices;
using ChimneyActors.Buffers;

namespace ChimneyActors.Targets.Kernel;

/// <summary>The connections of a target by handle. Found without a lock from any thread, changed under one.</summary>
internal sealed class ConnectionTable(int connectionsMax)
{
    private readonly Lock _gate = new();
    private readonly HashSet<SafeHandle> _sockets = [];   // a socket served twice would be one stream with two writers
    private KernelConnection?[] _bySlot = new KernelConnection?[64];
    private int[] _loopBySlot = new int[64];
    private int _count;

    /// <summary>Where the loops count; set once, before the first connection.</summary>
    internal KernelStatistics Statistics { get; set; } = null!;

    /// <summary>Where a connection counts; on its loop's thread.</summary>
    internal ref KernelCounts CountsOf(OffloadHandle handle, bool isIPv6) =>
        ref Statistics.Of(LoopOf(handle), isIPv6);

    /// <summary>How many connections are here.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>The connection of this very handle, not of another use of its slot.</summary>
    internal KernelConnection? Find(OffloadHandle handle)
    {
        KernelConnection?[] bySlot = Volatile.Read(ref _bySlot);
        if ((uint)handle.Slot >= (uint)bySlot.Length)
            return null;
        KernelConnection? found = Volatile.Read(ref bySlot[handle.Slot]);
        return found is not null && found.Handle == handle ? found : null;
    }

    /// <summary>The loop of the last connection in this slot, the present one if there is one. What comes for it when
    /// it has just left is answered on that loop too, behind all that it said itself.</summary>
    internal int LoopOf(OffloadHandle handle)
    {
        int[] bySlot = Volatile.Read(ref _loopBySlot);
        return (uint)handle.Slot < (uint)bySlot.Length ? Volatile.Read(ref bySlot[handle.Slot]) : 0;
    }

    /// <summary>Adds a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="loop">Number of the loop that serves it.</param>
    /// <returns>SUCCESS, or the status its initiate fails with.</returns>
    internal NdisStatus TryAdd(KernelConnection connection, int loop)
    {
        int slot = connection.Handle.Slot;
        if (slot < 0)
            return NdisStatus.Failure;
        lock (_gate)
        {
            if (slot < _bySlot.Length && _bySlot[slot] is not null)
                return NdisStatus.Failure;
            if (slot >= _bySlot.Length)
                Grow(slot);
            Volatile.Write(ref _loopBySlot[slot], loop);
            if (_count == connectionsMax)
                return NdisStatus.OffloadTcpEntries;
            Volatile.Write(ref _bySlot[slot], connection);
            _count++;
            return NdisStatus.Success;
        }
    }

    /// <summary>Notes which socket a connection serves. False: another one serves it already.</summary>
    internal bool TryClaim(SafeHandle socket)
    {
        lock (_gate)
            return _sockets.Add(socket);
    }

    /// <summary>Takes a connection and its socket out. No harm if it is not there.</summary>
    internal void Remove(KernelConnection connection, SafeHandle? socket)
    {
        lock (_gate)
        {
            if (socket is not null)
                _sockets.Remove(socket);
            int slot = connection.Handle.Slot;
            if ((uint)slot >= (uint)_bySlot.Length || !ReferenceEquals(_bySlot[slot], connection))
                return;
            Volatile.Write(ref _bySlot[slot], null);
            _count--;
        }
    }

    /// <summary>Everything that is here.</summary>
    internal KernelConnection[] All()
    {
        lock (_gate)
            return [.. _bySlot.OfType<KernelConnection>()];
    }

    private void Grow(int slot)
    {
        int length = _bySlot.Length;
        while (length <= slot)
            length *= 2;
        var larger = new KernelConnection?[length];
        _bySlot.CopyTo(larger, 0);
        var loops = new int[length];
        _loopBySlot.CopyTo(loops, 0);
        Volatile.Write(ref _loopBySlot, loops);
        Volatile.Write(ref _bySlot, larger);
    }
}
