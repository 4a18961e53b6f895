namespace ChimneyActors.Buffers;

/// <summary>A lock for a handful of stores: one interlocked step to enter and a plain store to leave.</summary>
/// <remarks>Nothing of others is called inside. Where anything in it could throw, an allocation for one, it is left in
/// a finally.</remarks>
internal struct Latch
{
    private int _held;

    /// <summary>Waits until nobody else is inside.</summary>
    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
            Wait();
    }

    /// <summary>Lets the next one in.</summary>
    public void Leave() => Volatile.Write(ref _held, 0);

    /// <summary>Waits until whoever entered before has left, and sees what it did.</summary>
    public readonly void Pass()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(in _held) != 0)
            spin.SpinOnce();
    }

    private void Wait()
    {
        // Whoever is inside may have lost its processor, so the wait gives ours away after a while.
        var spin = default(SpinWait);
        do
            spin.SpinOnce();
        while (Volatile.Read(ref _held) != 0 || Interlocked.CompareExchange(ref _held, 1, 0) != 0);
    }
}
