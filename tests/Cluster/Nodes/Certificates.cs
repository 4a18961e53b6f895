using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>An authority of a test's own.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _own;

    public Certificates(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Only what others may know.</summary>
    public X509Certificate2Collection Authorities =>
        [X509CertificateLoader.LoadCertificate(_own.Export(X509ContentType.Cert))];

    /// <summary>A certificate for a node, with its key.</summary>
    public X509Certificate2 Issue(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 bare = request.Create(_own.SubjectName, X509SignatureGenerator.CreateForECDsa(_key),
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(12), serial);
        using X509Certificate2 whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose()
    {
        _own.Dispose();
        _key.Dispose();
    }
}
