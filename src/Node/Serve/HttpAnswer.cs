using System.Globalization;
using System.Text;

namespace ChimneyActors.Node.Serve;

/// <summary>The answer to a request: a head with a small body in it, or with a large one to follow.</summary>
/// <param name="Head">Head, and small body.</param>
/// <param name="BodyBytes">Bytes that follow.</param>
/// <param name="IsLast">The connection is closed after it.</param>
internal sealed record HttpAnswer(ReadOnlyMemory<byte> Head, long BodyBytes, bool IsLast)
{
    /// <summary>The largest body.</summary>
    public const long BodyBytesMax = 1L << 30;

    private const int PieceBytes = 64 * 1024;
    private const int Period = 65_521;   // a prime, so that a piece in the wrong place shows
    private const string BytesPath = "/bytes/";
    private const string Welcome =
        "ChimneyActors: this answer came over an offloaded TCP connection.\nTry /bytes/N for N bytes, up to 1 GiB.\n";

    private static readonly byte[] Pattern = MakePattern();

    /// <summary>Answers.</summary>
    /// <param name="found">What the parser found.</param>
    /// <param name="request">The request, if it found one.</param>
    /// <param name="draining">Whether the server is about to end.</param>
    public static HttpAnswer To(HttpParse found, HttpRequest request, bool draining) => found switch
    {
        HttpParse.Garbage => Small("400 Bad Request", "This is not HTTP.\n", true, last: true),
        HttpParse.TooLong => Small("431 Request Header Fields Too Large",
            $"A request head has at most {HttpRequestParser.HeadBytesMax} bytes.\n", true, last: true),
        _ => To(request, draining || !request.KeepAlive),
    };

    /// <summary>A piece of a large body.</summary>
    /// <param name="offset">Where in the body.</param>
    /// <param name="left">How much of the body is left.</param>
    public static ReadOnlyMemory<byte> Body(long offset, long left) =>
        Pattern.AsMemory((int)(offset % Period), (int)Math.Min(left, PieceBytes));

    private static HttpAnswer To(HttpRequest request, bool last)
    {
        bool withBody = request.Method == "GET";
        if (!withBody && request.Method != "HEAD")
            return Small("405 Method Not Allowed", "GET and HEAD are what this server knows.\n", true, last: true);
        string path = request.Target.Split('?')[0];
        if (path == "/")
            return Small("200 OK", Welcome, withBody, last);
        if (!path.StartsWith(BytesPath, StringComparison.Ordinal))
            return Small("404 Not Found", "Here are / and /bytes/N.\n", withBody, last);
        if (!long.TryParse(path.AsSpan(BytesPath.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long n)
            || n > BodyBytesMax)
            return Small("400 Bad Request", $"N is a whole number from 0 to {BodyBytesMax}.\n", withBody, last);
        return new HttpAnswer(MakeHead("200 OK", "application/octet-stream", n, "", last), withBody ? n : 0, last);
    }

    private static HttpAnswer Small(string status, string text, bool withBody, bool last)
    {
        string allow = status.StartsWith("405", StringComparison.Ordinal) ? "Allow: GET, HEAD\r\n" : "";
        return new HttpAnswer(
            MakeHead(status, "text/plain; charset=utf-8", text.Length, allow, last, withBody ? text : ""), 0, last);
    }

    private static byte[] MakeHead(string status, string type, long length, string more, bool last, string body = "") =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status}\r\nServer: chimney\r\nDate: {DateTime.UtcNow:R}\r\nContent-Type: {type}\r\n"
            + $"Content-Length: {length}\r\n{more}Connection: {(last ? "close" : "keep-alive")}\r\n\r\n{body}"));

    private static byte[] MakePattern()
    {
        byte[] bytes = new byte[Period + PieceBytes];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((i % Period * 31) + (i % Period / 251));
        return bytes;
    }
}
