using ChimneyActors.Buffers;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Sessions;

/// <summary>How a session ended, as its log line and the summary say it.</summary>
internal enum SessionEnd
{
    /// <summary>Both directions closed, every byte acknowledged.</summary>
    Closed = 0,

    /// <summary>The client reset the connection, or is gone.</summary>
    ClientReset,

    /// <summary>The upstream reset the connection, or is gone.</summary>
    UpstreamReset,

    /// <summary>The upstream refused the connection.</summary>
    UpstreamRefused,

    /// <summary>No route, no address, no local port left.</summary>
    UpstreamUnreachable,

    /// <summary>The upstream did not answer in time.</summary>
    UpstreamTimeout,

    /// <summary>Nothing moved for too long.</summary>
    Idle,

    /// <summary>Closed by a drain, with nothing under way.</summary>
    Drained,

    /// <summary>Aborted: the drain ran out of time, or somebody asked for it.</summary>
    Aborted,

    /// <summary>The stack would not take the connection.</summary>
    NotOffloaded,

    /// <summary>A filter of the stack denied it.</summary>
    Denied,
}

/// <summary>The words for it.</summary>
internal static class SessionEndText
{
    private static readonly string[] Words =
    [
        "closed", "client reset", "upstream reset", "upstream refused", "upstream unreachable", "upstream timed out",
        "idle", "drained", "aborted", "not offloaded",
        "denied",
    ];

    /// <summary>As people read it.</summary>
    public static string Text(this SessionEnd end) => Words[(int)end];

    /// <summary>Whether the far side had reset the connection before the stack could take it, as the health checks of
    /// load balancers do: no fault of the stack. What we accept or connect is rejected for nothing else.</summary>
    public static bool IsConnectionGone(this OffloadException refused) =>
        refused is { Status: NdisStatus.OffloadConnectionRejected, Refusal: null };
}
