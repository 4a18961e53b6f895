namespace ChimneyActors.Buffers;

/// <summary>Names one incarnation of one holder of parcels. Never used again within a process.</summary>
/// <param name="Value">34 bits.</param>
public readonly record struct HolderId(long Value)
{
    private const int FirstFree = 16;
    private static long _last = FirstFree;

    /// <summary>Nobody: the parcel is in its pool.</summary>
    public static HolderId None => default;

    /// <summary>A later member of a chain: its head's cell says who holds it.</summary>
    public static HolderId Chain => new(1);

    /// <summary>Whoever brings home what the dead were holding.</summary>
    public static HolderId Custodian => new(2);

    /// <summary>A new id; 17 thousand million of them last longer than any process.</summary>
    public static HolderId Next() => new(Interlocked.Increment(ref _last));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
