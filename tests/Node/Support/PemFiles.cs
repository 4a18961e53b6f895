using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>An authority of a test's own, and certificates of it, as files.</summary>
internal sealed class PemFiles : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _own;

    public PemFiles(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Writes the authority's certificate.</summary>
    public string WriteAuthority(string file)
    {
        File.WriteAllText(file, _own.ExportCertificatePem());
        return file;
    }

    /// <summary>Writes a node's certificate and its key.</summary>
    public void Issue(string certificate, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        using X509Certificate2 issued = request.Create(_own, DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(certificate, issued.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _own.Dispose();
        _key.Dispose();
    }
}
