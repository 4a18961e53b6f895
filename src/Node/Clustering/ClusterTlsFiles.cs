using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor.Setup;
using ChimneyActors.Cluster;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Clustering;

/// <summary>Certificates of a node, out of PEM files.</summary>
internal static class ClusterTlsFiles
{
    /// <summary>What the actor system is made with; null without TLS.</summary>
    /// <exception cref="NodeException">A file cannot be used.</exception>
    public static Setup? Load(ClusterNodeSettings settings)
    {
        if (settings.Certificate is null)
            return null;
        X509Certificate2 own = Read(settings.Certificate, "a PEM certificate and its key",
            () => X509Certificate2.CreateFromPemFile(settings.Certificate, settings.Key));
        X509Certificate2Collection authorities = Read(settings.Authorities!, "PEM certificates", () =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(settings.Authorities!);
            return all;
        });
        try
        {
            return ClusterTls.Mutual(own, authorities);
        }
        catch (ArgumentException wrong)
        {
            throw NodeException.Usage("bad certificates", $"in '{settings.Certificate}' or '{settings.Authorities}'",
                VerbLine.OneLine(wrong.Message));
        }
    }

    private static T Read<T>(string file, string lawful, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw NodeException.Usage($"cannot use '{file}'", "for the cluster",
                $"{lawful} ({VerbLine.OneLine(wrong.Message)})");
        }
    }
}
