using ChimneyActors.Embedding;
using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Relay;

/// <summary>One of the two connections of a pair: what it receives, the other sends.</summary>
internal sealed class RelaySide : IConnectionUser
{
    private long _discarded;

    public RelaySide(RelayPair pair, Lock gate, string name, SessionEnd whenGone)
    {
        Pair = pair;
        Name = name;
        WhenGone = whenGone;
        End = new ConnectionEnd(gate, _ => pair.OnProgress(this));
    }

    /// <summary>The pair.</summary>
    public RelayPair Pair { get; }

    /// <summary>Who is at the far end.</summary>
    public string Name { get; }

    /// <summary>How the pair ends if this side goes away.</summary>
    public SessionEnd WhenGone { get; }

    /// <summary>The connection.</summary>
    public ConnectionEnd End { get; }

    /// <summary>The other side.</summary>
    public RelaySide Other { get; set; } = null!;

    /// <summary>Bytes received after the other side was closed: nobody could have them.</summary>
    public long Discarded => Interlocked.Read(ref _discarded);

    /// <inheritdoc/>
    public void OnReceived(ReceivedData data)
    {
        Pair.OnMoved(this);
        int length = data.Memory.Length;
        if (Other.End.Send(data.Memory, data))
            return;
        Interlocked.Add(ref _discarded, length);
        data.Return();
    }

    /// <inheritdoc/>
    public void OnPeerClosed()
    {
        Pair.OnMoved(null);
        Other.End.Finish();
    }

    /// <inheritdoc/>
    public void OnMoved(TimeSpan took) => Pair.OnMoved(took);

    /// <inheritdoc/>
    public void OnAborted() => Pair.OnGone(this);
}
