using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>To a binding: a send is no longer wanted. One that still waits for room is answered with SEND_ABORTED, and
/// what was posted behind it closes up; any other goes on as if nothing had been said (LIFE-16).</summary>
/// <param name="Send">Which; no member of a chain.</param>
/// <remarks>There is no guarantee: one that is told to a binding between two lives is told to nobody.</remarks>
internal sealed record CancelNotice(Post Send) : IBindingCommand
{
    /// <inheritdoc/>
    public void Lost()
    {
        // The send itself answers, as it would have without.
    }

    /// <inheritdoc/>
    public void Keep(bool isKept)
    {
        // Said twice it means the same.
    }
}
