namespace ChimneyActors.Node.Serve;

/// <summary>The built-in services.</summary>
internal enum ServiceKind
{
    /// <summary>Sends back what it receives.</summary>
    Echo = 0,

    /// <summary>Receives and forgets.</summary>
    Discard,

    /// <summary>Answers GET and HEAD.</summary>
    Http,
}
