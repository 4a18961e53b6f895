using System.Text;
using ChimneyActors.Node.Serve;

namespace ChimneyActors.Node.Tests.Serve;

public sealed class HttpRequestParserSpecs
{
    private const string Get = "GET /a?b HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n";

    [Fact]
    public void A_request_is_found_however_it_is_cut()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Get);
        for (int cut = 1; cut < bytes.Length; cut++)
        {
            HttpRequestParser parser = new();
            parser.Read(bytes.AsSpan(0, cut), out int first).ShouldBe(HttpParse.More);
            first.ShouldBe(cut);
            parser.IsInside.ShouldBeTrue();
            parser.Read(bytes.AsSpan(cut), out int second).ShouldBe(HttpParse.Request);
            second.ShouldBe(bytes.Length - cut);
            parser.Request.ShouldBe(new HttpRequest("GET", "/a?b", true));
            parser.IsInside.ShouldBeFalse();
        }
    }

    [Fact]
    public void Of_several_requests_one_is_taken_at_a_time()
    {
        HttpRequestParser parser = new();
        byte[] bytes = Encoding.ASCII.GetBytes(Get + Get);
        parser.Read(bytes, out int consumed).ShouldBe(HttpParse.Request);
        consumed.ShouldBe(Get.Length);
        parser.Read(bytes.AsSpan(consumed), out consumed).ShouldBe(HttpParse.Request);
        consumed.ShouldBe(Get.Length);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive, Close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\nhost: x\n\n", true)]
    [InlineData("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", true)]
    public void The_connection_is_kept_as_the_request_says(string text, bool kept)
    {
        HttpRequestParser parser = new();
        parser.Read(Encoding.ASCII.GetBytes(text), out _).ShouldBe(HttpParse.Request);
        parser.Request.KeepAlive.ShouldBe(kept);
    }

    [Theory]
    [InlineData("\u0001")]
    [InlineData("\u0016\u0003\u0001\u0002")]
    [InlineData("hello\r\n")]
    [InlineData("GET /\r\n")]
    [InlineData("GET / HTTP/2.0\r\n")]
    [InlineData("GET  / HTTP/1.1\r\n")]
    [InlineData("get / HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nno field\r\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost : x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")]
    public void Garbage_is_called_garbage(string text) =>
        new HttpRequestParser().Read(Encoding.Latin1.GetBytes(text), out _).ShouldBe(HttpParse.Garbage);

    [Fact]
    public void A_head_without_end_is_too_long_in_time()
    {
        HttpRequestParser parser = new();
        string fields = string.Concat(Enumerable.Repeat("X-Y: z\r\n", 5000));
        byte[] text = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n" + fields);
        HttpParse result = HttpParse.More;
        int read = 0;
        while (result == HttpParse.More && read < text.Length)
        {
            result = parser.Read(text.AsSpan(read, 16), out int consumed);
            read += consumed;
        }
        result.ShouldBe(HttpParse.TooLong);
        read.ShouldBeLessThanOrEqualTo(HttpRequestParser.HeadBytesMax);
    }
}
