using ChimneyActors.Node.Network;
using ChimneyActors.Node.Settings;

namespace ChimneyActors.Node.Tests.Settings;

public sealed class TextSpecs
{
    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80)]
    [InlineData("example.org:443", "example.org", 443)]
    [InlineData("localhost:0", "localhost", 0)]
    [InlineData("[::1]:8080", "::1", 8080)]
    public void A_host_and_port_is_read(string text, string host, int port)
    {
        HostAndPort.TryParse(text, out HostAndPort? result).ShouldBeTrue();
        result.ShouldBe(new HostAndPort(host, port));
        result!.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("80")]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData("host:x")]
    [InlineData("host:-1")]
    [InlineData("host:65536")]
    [InlineData("300.1.1.1:80")]
    [InlineData("10.1:80")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("http://host:80")]
    [InlineData("ho st:80")]
    public void What_is_no_host_and_port_is_refused(string text) =>
        HostAndPort.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("*:80", "0.0.0.0:80")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("[::]:0", "[::]:0")]
    public void An_address_to_listen_on_is_read(string text, string endPoint)
    {
        ListenAddress.TryParse(text, out ListenAddress? result).ShouldBeTrue();
        result!.EndPoint.ToString().ShouldBe(endPoint);
    }

    [Fact]
    public void A_name_is_no_address_to_listen_on() => ListenAddress.TryParse("example.org:80", out _).ShouldBeFalse();

    [Theory]
    [InlineData("0", 0)]
    [InlineData("50us", 0.05)]
    [InlineData("1ms", 1)]
    [InlineData("1.5s", 1500)]
    [InlineData("2 s", 2000)]
    [InlineData("3m", 180_000)]
    [InlineData("3min", 180_000)]
    [InlineData("1h", 3_600_000)]
    public void A_duration_is_read(string text, double milliseconds)
    {
        Durations.TryParse(text, out TimeSpan duration).ShouldBeTrue();
        duration.TotalMilliseconds.ShouldBe(milliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1d")]
    [InlineData("1e9h")]
    public void What_is_no_duration_is_refused(string text) => Durations.TryParse(text, out _).ShouldBeFalse();
}
