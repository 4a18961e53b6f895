namespace ChimneyActors.Cluster.Nodes;

/// <summary>The versions of the protocol that this build speaks. A higher one may add fields and kinds of items; what
/// one side does not know, the other does not say.</summary>
internal static class Protocol
{
    internal const uint VersionMin = 1;
    internal const uint VersionMax = 1;

    /// <summary>Name of the actor that hosts say hello to.</summary>
    internal const string AdapterName = "chimney-adapter";

    /// <summary>The highest version that both sides speak; null if there is none.</summary>
    internal static uint? Common(uint theirMin, uint theirMax)
    {
        uint version = Math.Min(VersionMax, theirMax);
        return version >= Math.Max(VersionMin, theirMin) ? version : null;
    }
}
