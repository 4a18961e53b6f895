using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Network;

/// <summary>The upstream could not be reached.</summary>
internal sealed class UpstreamException(SessionEnd end, string message) : Exception(message)
{
    /// <summary>How the session ends for it.</summary>
    public SessionEnd End { get; } = end;
}
