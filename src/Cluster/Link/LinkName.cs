namespace ChimneyActors.Cluster.Link;

/// <summary>Names one life of a link between a host and an adapter. Whatever carries another name is of another life,
/// and has no effect in this one: the fence.</summary>
/// <param name="Host">Drawn by the host process when it starts.</param>
/// <param name="Epoch">Counted by the host: a higher one ends all before it.</param>
internal readonly record struct LinkName(ulong Host, ulong Epoch)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(null, $"{Host:x16}/{Epoch}");
}
