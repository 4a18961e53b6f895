namespace ChimneyActors.Node.Serve;

/// <summary>A request: as much of it as this server minds.</summary>
/// <param name="Method">GET, HEAD or another.</param>
/// <param name="Target">Path, with the query if there is one.</param>
/// <param name="KeepAlive">Whether more may come on this connection.</param>
internal sealed record HttpRequest(string Method, string Target, bool KeepAlive);

/// <summary>What the parser found.</summary>
internal enum HttpParse
{
    /// <summary>The head is not complete.</summary>
    More = 0,

    /// <summary>A request.</summary>
    Request,

    /// <summary>Not HTTP.</summary>
    Garbage,

    /// <summary>The head is too long.</summary>
    TooLong,
}
