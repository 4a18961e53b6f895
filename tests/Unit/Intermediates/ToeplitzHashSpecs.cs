using System.Net;
using ChimneyActors.Intermediates;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>The public vectors for verifying a hash of receive-side scaling.</summary>
public sealed class ToeplitzHashSpecs
{
    [Theory]
    [InlineData("66.9.149.187:2794", "161.142.100.80:1766", 0x51ccc178)]
    [InlineData("199.92.111.2:14230", "65.69.140.83:4739", 0xc626b0ea)]
    [InlineData("24.19.198.95:12898", "12.22.207.184:38024", 0x5c2b394a)]
    [InlineData("38.27.205.30:48228", "209.142.163.6:2217", 0xafc7327f)]
    [InlineData("153.39.163.191:44251", "202.188.127.2:1303", 0x10e828a2)]
    [InlineData("[3ffe:2501:200:1fff::7]:2794", "[3ffe:2501:200:3::1]:1766", 0x40207d3d)]
    [InlineData("[3ffe:501:8::260:97ff:fe40:efab]:14230", "[ff02::1]:4739", 0xdde51bbf)]
    [InlineData("[3ffe:1900:4545:3:200:f8ff:fe21:67cf]:44251", "[fe80::200:f8ff:fe21:67cf]:38024", 0x02d1feef)]
    public void It_is_the_hash_of_the_public_vectors(string source, string destination, uint hash) =>
        ToeplitzHash.Of(IPEndPoint.Parse(source), IPEndPoint.Parse(destination)).ShouldBe(hash);

    [Theory]
    [InlineData("420995BB", "A18E6450", 0x323e8fc2)]
    [InlineData("C75C6F02", "41458C53", 0xd718262a)]
    public void Addresses_alone_give_the_vectors_of_addresses_alone(string source, string destination, uint hash) =>
        ToeplitzHash.Of(Convert.FromHexString(source + destination)).ShouldBe(hash);

    [Fact]
    public void Nothing_hashes_to_nothing() => ToeplitzHash.Of([]).ShouldBe(0u);
}
