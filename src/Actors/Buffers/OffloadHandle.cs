namespace ChimneyActors.Buffers;

/// <summary>Names an offloaded connection, the same in every layer of a stack: a slot and its generation.</summary>
/// <param name="Slot">Index into the stack's handle table.</param>
/// <param name="Generation">How often that slot was used; 0 only in <see cref="None"/>.</param>
/// <remarks>Source: ns-ndischimney-_ndis_offload_handle.md, without the per-layer translation.</remarks>
public readonly record struct OffloadHandle(int Slot, int Generation)
{
    /// <summary>No connection.</summary>
    public static OffloadHandle None => default;

    /// <summary>Whether this names no connection.</summary>
    public bool IsNone => Generation == 0;

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"{Slot}.{Generation}";
}
