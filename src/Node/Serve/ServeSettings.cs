using ChimneyActors.Node.Network;
using ChimneyActors.Node.Settings;

namespace ChimneyActors.Node.Serve;

/// <summary>Every setting of a built-in service, checked.</summary>
/// <param name="Listen">Where clients come in.</param>
/// <param name="Backlog">Connections the kernel keeps ready while none is accepted.</param>
/// <param name="ConnectionsMax">Connections at a time; beyond it clients wait in the backlog.</param>
/// <param name="WindowBuffers">Received buffers a connection may hold until the far side has acknowledged them.</param>
/// <param name="IdleTimeout">A connection on which nothing moves for so long is closed; zero for never.</param>
/// <param name="LingerTimeout">How long a client may take to answer our close.</param>
/// <param name="DrainTimeout">How long connections may take to finish after the first signal.</param>
internal sealed record ServeSettings(
    ListenAddress Listen,
    int Backlog,
    int ConnectionsMax,
    int WindowBuffers,
    TimeSpan IdleTimeout,
    TimeSpan LingerTimeout,
    TimeSpan DrainTimeout)
{
    /// <summary>The section of config/node.json.</summary>
    public const string Section = "Serve";

    /// <summary>Reads and checks them.</summary>
    public static ServeSettings From(NodeConfiguration configuration)
    {
        SettingReader reader = configuration.Section(Section);
        return new ServeSettings(
            reader.Listen(nameof(Listen)),
            reader.Count(nameof(Backlog), 1, 65_535),
            reader.Count(nameof(ConnectionsMax), 1, 1_000_000),
            reader.Count(nameof(WindowBuffers), 1, 1024),
            reader.Duration(nameof(IdleTimeout), offAllowed: true),
            reader.Duration(nameof(LingerTimeout), offAllowed: false),
            reader.Duration(nameof(DrainTimeout), offAllowed: true));
    }
}
