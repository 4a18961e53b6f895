using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>Writes an observation down.</summary>
internal delegate void Noting(Lane lane, string text, long? count = null, Freedom? excuse = null);

/// <summary>The peer of a run: what it does, and what it may expect of our end.</summary>
internal sealed class PeerSide(Peer peer, Log log)
{
    private long _promised;     // stream offset behind the last byte that must arrive if the peer reads on
    private bool _isEndPromised;
    private bool _isResetPromised;
    private bool _isStalled;
    private bool _isStuck;
    private bool _isShifted;
    private bool _hasSeenEnd;
    private long? _has;         // at its reset

    internal Peer Wire => peer;

    internal bool HasFinished { get; private set; }

    internal bool HasReset { get; private set; }

    /// <summary>Nothing goes over the wire any more.</summary>
    internal bool IsDead { get; set; }

    /// <summary>Whether more was sent than the wire holds while the peer does not read; or ever, if the connection
    /// changed hands then: from there on its places in the stream are the wire's.</summary>
    internal bool WasStuck => _isStuck || _isShifted;

    /// <summary>Our end was given something to send.</summary>
    internal void Promise(long length, bool isEnd)
    {
        if (IsDead || _isEndPromised)
            return;
        _promised += length;
        _isEndPromised |= isEnd;
        _isStuck |= _isStalled && length >= ScenarioDraw.Stuck;
    }

    /// <summary>Our end was told to abort.</summary>
    internal void WillBeReset()
    {
        _isResetPromised |= !IsDead;
        IsDead = true;
    }

    /// <summary>Our end was taken from the target: what it had accepted still arrives, and no more.</summary>
    internal void IsLeftAt(StreamPositions at, bool finSent)
    {
        _isShifted |= _isStuck;
        _promised = at.Accepted;
        _isEndPromised = finSent;
    }

    internal async Task ActAsync(Step step, Noting note)
    {
        switch (step)
        {
            case Step.PeerSends sends: await peer.SendAsync(sends.Length); break;
            case Step.PeerFinishes:
                peer.Finish();
                HasFinished = true;
                break;
            case Step.PeerResets: Reset(note); break;
            case Step.PeerStalls: _isStalled = true; break;
            case Step.PeerReads reads:
                await peer.ReadAsync(reads.Length);
                note(Lane.Peer, "read", peer.BytesRead);
                break;
            case Step.PeerGoesOn: _isStalled = false; break;
            default: throw new InvalidOperationException($"nobody does this: {step}");
        }
    }

    /// <summary>Reads all that must arrive, and the end of the stream if it must come.</summary>
    internal async Task ReadOnAsync(Noting note)
    {
        if (_isStalled || HasReset || _hasSeenEnd)
            return;
        bool ends = _isEndPromised || _isResetPromised;
        Freedom? excuse = _isResetPromised && WasStuck ? Freedom.BehindTheReset
            : WasStuck ? Freedom.PlaceOfStuck : null;
        long before = peer.BytesRead;
        if (!ends)
        {
            if (IsDead || _promised == before)
                return;
            await peer.ReadAsync(_promised - before);
            _isStuck = false;
            note(Lane.Peer, "read all", peer.BytesRead, excuse);
            return;
        }

        _hasSeenEnd = true;
        bool isWhole = await peer.ReadToEndAsync();
        _isStuck &= !isWhole;
        note(Lane.Peer, isWhole ? "read to the FIN" : "read to the RST", peer.BytesRead, excuse);
        if (peer.BytesRead > _promised || (isWhole && peer.BytesRead < _promised) || peer.BytesRead < log.Confirmed)
            log.Breaches.Add($"the peer read {peer.BytesRead}, {_promised} were sent, {log.Confirmed} confirmed");
    }

    /// <summary>Nothing was said to be acknowledged that it does not have.</summary>
    internal void Check()
    {
        if (log.Confirmed > (_has ?? _promised))
            log.Breaches.Add($"completions say {log.Confirmed}, and the peer had {_has ?? _promised}");
    }

    private void Reset(Noting note)
    {
        _has = peer.BytesRead + peer.Reset();
        HasReset = true;
        note(Lane.Peer, "had at its reset", _has, WasStuck ? Freedom.PlaceOfStuck : null);
    }
}
