using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace ChimneyActors.Cluster;

/// <summary>TLS between the nodes of a cluster, both sides with certificates of the same authority: who has none cannot
/// say a word, whatever address it comes from.</summary>
public static class ClusterTls
{
    /// <summary>Turns it on; stands above the rest of the configuration.</summary>
    public static Config Config { get; } =
        ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp.enable-ssl = on");

    /// <summary>What the actor system is to be made with beside its configuration.</summary>
    /// <param name="own">This node's certificate, with its private key.</param>
    /// <param name="authorities">Whose certificates are trusted; those of the machine are not.</param>
    /// <exception cref="ArgumentException">The certificate has no key, or there is no authority.</exception>
    public static Setup Mutual(X509Certificate2 own, X509Certificate2Collection authorities)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(authorities);
        if (!own.HasPrivateKey)
            throw new ArgumentException("The node's certificate must come with its private key.", nameof(own));
        if (authorities.Count == 0)
            throw new ArgumentException("At least one authority must be trusted.", nameof(authorities));
        return new DotNettySslSetup(own, suppressValidation: false, requireMutualAuthentication: true,
            validateCertificateHostname: false, (peer, _, _, errors, log) => IsTrusted(peer, authorities, errors, log));
    }

    private static bool IsTrusted(
        X509Certificate2? peer, X509Certificate2Collection authorities, SslPolicyErrors errors, ILoggingAdapter log)
    {
        if (peer is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            log.Warning("A node without a certificate is refused");
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (chain.Build(peer))
            return true;
        log.Warning("A node with the certificate '{0}' is refused: {1}", peer.Subject,
            string.Join(", ", chain.ChainStatus.Select(static status => status.Status)));
        return false;
    }
}
