using System.Text;

namespace ChimneyActors.Node.Serve;

/// <summary>Reads request heads out of a stream, in whatever pieces it comes. Holds one head at most.</summary>
internal sealed class HttpRequestParser
{
    /// <summary>The longest head.</summary>
    public const int HeadBytesMax = 8192;

    private const byte NewLine = (byte)'\n';
    private byte[] _head = [];
    private int _length;
    private int _lineStart;
    private bool _inFields;   // the request line is complete

    /// <summary>The last request found.</summary>
    public HttpRequest Request { get; private set; } = new("", "", false);

    /// <summary>Whether a head has begun and not ended.</summary>
    public bool IsInside => _length > 0;

    /// <summary>Reads on.</summary>
    /// <param name="data">What came in.</param>
    /// <param name="consumed">How much of it was used: all, or up to the end of a head.</param>
    public HttpParse Read(ReadOnlySpan<byte> data, out int consumed)
    {
        consumed = 0;
        while (consumed < data.Length)
        {
            int end = data[consumed..].IndexOf(NewLine);
            ReadOnlySpan<byte> piece = end < 0 ? data[consumed..] : data.Slice(consumed, end + 1);
            if (!Append(piece))
                return HttpParse.TooLong;
            consumed += piece.Length;
            if (!_inFields && piece.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e) && !IsLineEnd(piece))
                return HttpParse.Garbage;   // said at once: a line end may never come
            if (end < 0)
                return HttpParse.More;
            if (EndLine() is not HttpParse.More and HttpParse result)
                return result;
        }
        return HttpParse.More;
    }

    private static bool IsLineEnd(ReadOnlySpan<byte> piece)
    {
        ReadOnlySpan<byte> text = piece.TrimEnd(NewLine).TrimEnd((byte)'\r');
        return !text.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e);
    }

    private bool Append(ReadOnlySpan<byte> piece)
    {
        if (_length + piece.Length > HeadBytesMax)
            return false;
        if (_length + piece.Length > _head.Length)
            Array.Resize(ref _head, Math.Min(HeadBytesMax, Math.Max(512, 2 * (_length + piece.Length))));
        piece.CopyTo(_head.AsSpan(_length));
        _length += piece.Length;
        return true;
    }

    private HttpParse EndLine()
    {
        ReadOnlySpan<byte> line = Line(_lineStart, _length);
        if (line.IsEmpty && !_inFields)
        {
            _length = 0;   // an empty line before a request is allowed (RFC 9112, 2.2)
            return HttpParse.More;
        }
        if (!line.IsEmpty)
        {
            if (!_inFields && !IsRequestLine(line))
                return HttpParse.Garbage;
            _inFields = true;
            _lineStart = _length;
            return HttpParse.More;
        }
        HttpParse result = Parse();
        _length = 0;
        _lineStart = 0;
        _inFields = false;
        return result;
    }

    private ReadOnlySpan<byte> Line(int from, int to) =>
        _head.AsSpan(from, to - from).TrimEnd(NewLine).TrimEnd((byte)'\r');

    private static bool IsRequestLine(ReadOnlySpan<byte> line)
    {
        int method = line.IndexOf((byte)' ');
        int version = line.LastIndexOf((byte)' ');
        return method > 0 && version > method + 1
            && !line[..method].ContainsAnyExceptInRange((byte)'A', (byte)'Z')
            && (line[(version + 1)..].SequenceEqual("HTTP/1.1"u8) || line[(version + 1)..].SequenceEqual("HTTP/1.0"u8))
            && !line[(method + 1)..version].Contains((byte)' ');
    }

    private HttpParse Parse()
    {
        string[] lines = Encoding.Latin1.GetString(_head, 0, _length).Split('\n', StringSplitOptions.TrimEntries);
        string[] first = lines[0].Split(' ');
        bool isNew = first[2] == "HTTP/1.1";
        bool keepAlive = isNew;
        bool hasBody = false;
        int hosts = 0;
        foreach (string line in lines.Skip(1))
        {
            if (line.Length == 0)
                continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || line[colon - 1] is ' ' or '\t')
                return HttpParse.Garbage;
            string value = line[(colon + 1)..].Trim();
            switch (line[..colon].ToUpperInvariant())
            {
                case "HOST":
                    hosts++;
                    break;
                case "CONNECTION":
                    keepAlive = keepAlive ? !Has(value, "close") : Has(value, "keep-alive");
                    break;
                case "CONTENT-LENGTH" when value != "0":
                case "TRANSFER-ENCODING":
                    hasBody = true;
                    break;
            }
        }
        if (isNew && hosts != 1)
            return HttpParse.Garbage;
        // A body is not read: the connection ends after the answer instead.
        Request = new HttpRequest(first[0], first[1], keepAlive && !hasBody);
        return HttpParse.Request;
    }

    private static bool Has(string value, string token) =>
        value.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase);
}
