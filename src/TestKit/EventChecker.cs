using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>Measures what one host is told of its connection, beside answers and data, by what the peer really
/// did.</summary>
/// <param name="peer">The other end.</param>
/// <param name="isExcused">Whether something went wrong on purpose that may be why.</param>
/// <param name="broken">Told of what is wrong.</param>
internal sealed class EventChecker(IWorldPeer peer, Func<bool> isExcused, Action<string> broken)
{
    private int _closes;
    private int _aborts;

    /// <summary>Whether this offload was told of the peer's FIN.</summary>
    public bool IsClosed => _closes > 0;

    /// <summary>A further offload begins.</summary>
    public void Offloading() => _closes = _aborts = 0;

    /// <summary>The offload was tried.</summary>
    /// <param name="done">How it ended.</param>
    /// <param name="isDenied">Whether a filter was to refuse it.</param>
    /// <param name="mayFail">Whether its path or neighbor may be why it did not go well.</param>
    public void Offloaded(OffloadOutcome done, bool isDenied, bool mayFail)
    {
        bool succeeded = done.Status == NdisStatus.Success;
        if (succeeded && isDenied)
            broken($"{peer.Number}: offloaded, although a filter denies it");
        if (done.Refusal is { } refusal && !isDenied)
            broken($"{peer.Number}: refused by {refusal}");
        if (!succeeded && !isDenied && !mayFail && !peer.IsRefused && !isExcused())
            broken($"{peer.Number}: the offload failed, but the target did not refuse it");
    }

    /// <summary>The host is told that the peer has closed its half.</summary>
    /// <param name="received">Bytes it was given before.</param>
    public void PeerClosed(long received)
    {
        if (++_closes > 1)
            broken($"{peer.Number}: told {_closes} times that the peer has closed");
        if (!peer.PeerFinished)
            broken($"{peer.Number}: told that the peer has closed, which it has not");
        else if (received != peer.PeerSent)
            broken($"{peer.Number}: told that the peer has closed with {received} of its {peer.PeerSent} bytes");
    }

    /// <summary>The host is told that the connection is aborted.</summary>
    public void Aborted()
    {
        if (++_aborts > 1)
            broken($"{peer.Number}: told {_aborts} times of an abort");
        if (!peer.IsReset && !peer.IsLost && !isExcused())
            broken($"{peer.Number}: told of an abort that never was");
    }

    /// <summary>The host is asked to take the connection back.</summary>
    /// <param name="isInvalid">Whether the host has said that its state, or that of its path, is not true.</param>
    public void Wanted(bool isInvalid)
    {
        if (!isInvalid && !peer.IsWished && !peer.IsReset && !peer.IsLost && !isExcused())
            broken($"{peer.Number}: asked for an upload that nobody wants");
    }
}
