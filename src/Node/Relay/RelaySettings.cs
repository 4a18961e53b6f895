using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Settings;

namespace ChimneyActors.Node.Relay;

/// <summary>Every setting of the relay, checked.</summary>
/// <param name="Listen">Where clients come in.</param>
/// <param name="To">The upstream; null for the embedded one.</param>
/// <param name="Backlog">Connections the kernel keeps ready while none is accepted.</param>
/// <param name="ConnectionsMax">Pairs at a time; beyond it clients wait in the backlog.</param>
/// <param name="WindowBuffers">Received buffers a connection may hold until the far side has acknowledged them.</param>
/// <param name="ConnectTimeout">How long the upstream may take to answer.</param>
/// <param name="IdleTimeout">A pair in which nothing moves for so long is closed; zero for never.</param>
/// <param name="LingerTimeout">How long a peer may take to answer the close of an idle pair.</param>
/// <param name="DrainTimeout">How long sessions may take to finish after the first signal.</param>
/// <param name="Offload">What is offloaded, and when; null for everything, at once.</param>
internal sealed record RelaySettings(
    ListenAddress Listen,
    HostAndPort? To,
    int Backlog,
    int ConnectionsMax,
    int WindowBuffers,
    TimeSpan ConnectTimeout,
    TimeSpan IdleTimeout,
    TimeSpan LingerTimeout,
    TimeSpan DrainTimeout,
    OffloadPolicy? Offload)
{
    /// <summary>What <c>To</c> says for the embedded upstream.</summary>
    public const string Embedded = "embedded";

    /// <summary>The section of config/node.json.</summary>
    public const string Section = "Relay";

    /// <summary>Reads and checks them.</summary>
    public static RelaySettings From(NodeConfiguration configuration)
    {
        SettingReader reader = configuration.Section(Section);
        return new RelaySettings(
            reader.Listen(nameof(Listen)),
            reader.Host(nameof(To), none: Embedded),
            reader.Count(nameof(Backlog), 1, 65_535),
            reader.Count(nameof(ConnectionsMax), 1, 1_000_000),
            reader.Count(nameof(WindowBuffers), 1, 1024),
            reader.Duration(nameof(ConnectTimeout), offAllowed: false),
            reader.Duration(nameof(IdleTimeout), offAllowed: true),
            reader.Duration(nameof(LingerTimeout), offAllowed: false),
            reader.Duration(nameof(DrainTimeout), offAllowed: true),
            OffloadSettings.From(configuration));
    }
}
