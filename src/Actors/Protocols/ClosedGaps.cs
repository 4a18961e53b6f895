using System.Runtime.CompilerServices;

namespace ChimneyActors.Protocols;

/// <summary>By how much the streams of connections have closed up because sends were cancelled before they departed.
/// Made when it is first needed, and forgets a connection with whoever else does.</summary>
/// <remarks>A user goes on counting from where his sends would have been. So what is posted later is moved when the
/// binding takes it up, and what waits behind a cancelled send when that is taken out.</remarks>
internal sealed class ClosedGaps
{
    private readonly ConditionalWeakTable<BindingConnection, StrongBox<long>> _byConnection = [];

    /// <summary>Moves what was just posted.</summary>
    public void Move(Post post)
    {
        if (_byConnection.TryGetValue(post.Connection, out StrongBox<long>? bytes))
            Move(post, bytes.Value);
    }

    /// <summary>A send was taken out of the queue.</summary>
    /// <param name="cancelled">The send.</param>
    /// <param name="behind">What waits behind it.</param>
    public void Close(Post cancelled, IEnumerable<Post> behind)
    {
        foreach (Post post in behind)
            if (post.Connection == cancelled.Connection)
                Move(post, cancelled.Length);
        _byConnection.GetOrCreateValue(cancelled.Connection).Value += cancelled.Length;
    }

    private static void Move(Post chain, long bytes)
    {
        for (Post? member = chain; member is not null; member = member.Next)
            member.StreamOffset -= bytes;
    }
}
