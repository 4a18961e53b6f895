using System.Collections.Concurrent;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>Compares what clients say of their connections with what the peers got.</summary>
internal sealed class SessionJudge(PeerServer peer)
{
    private const int BrokenMax = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<string> _broken = new();
    private readonly ConcurrentQueue<LostConnection> _aborted = new();
    private long _lost;
    private long _doubled;
    private long _repairs;
    private int _judging;

    /// <summary>What was not as it had to be.</summary>
    public IReadOnlyCollection<string> Broken => _broken;

    /// <summary>Requests without an answer.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Requests with more than one.</summary>
    public long Doubled => Interlocked.Read(ref _doubled);

    /// <summary>How often connections were taken back and offloaded again.</summary>
    public long Repairs => Interlocked.Read(ref _repairs);

    /// <summary>Connections that lost something: who served them, and when the last of their requests was
    /// answered.</summary>
    public IReadOnlyCollection<LostConnection> Aborted => _aborted;

    /// <summary>Whether every session was judged.</summary>
    public bool IsDone => Volatile.Read(ref _judging) == 0;

    /// <summary>Judges one.</summary>
    public async Task JudgeAsync(SessionOver over)
    {
        Interlocked.Increment(ref _judging);
        try
        {
            Interlocked.Add(ref _lost, over.Unanswered);
            Interlocked.Add(ref _doubled, over.Doubled);
            Interlocked.Add(ref _repairs, over.Repairs);
            if (!over.IsRight)
                Break(over, "received wrong bytes");
            if (over.Acknowledged > over.Sent)
                Break(over, $"{over.Acknowledged} of {over.Sent} bytes acknowledged");
            if (!over.IsWhole)
                _aborted.Enqueue(new LostConnection(over.Adapter, over.Opened, over.LastAnswer));
            if (over.IsWhole && over.Sent > 0)
                await JudgeWholeAsync(over).ConfigureAwait(false);
        }
        finally
        {
            peer.Forget(over.Connection, over.Session);
            Interlocked.Decrement(ref _judging);
        }
    }

    /// <summary>SUCCESS said that the peer has it all: it must.</summary>
    private async Task JudgeWholeAsync(SessionOver over)
    {
        Task<PeerRecord> record = peer.Record(over.Connection, over.Session);
        await Task.WhenAny(record, Task.Delay(Patience)).ConfigureAwait(false);
        if (!record.IsCompleted)
        {
            Break(over, "ended with Success, and its peer knows nothing of it");
            return;
        }

        PeerRecord seen = await record.ConfigureAwait(false);
        long echoed = PeerServer.Echoes(over.Connection, over.Session) ? over.Sent : 0;
        if (!seen.IsRight || !seen.IsWhole || seen.Bytes != over.Sent)
            Break(over, $"Success, and the peer got {seen.Bytes} of {over.Sent} bytes, "
                + $"{(seen.IsRight ? "right" : "wrong")}, {(seen.IsWhole ? "whole" : "reset")}");
        if (over.Received != echoed || over.Acknowledged != over.Sent)
            Break(over, $"Success with {over.Acknowledged} of {over.Sent} bytes acknowledged, {over.Received} of "
                + $"{echoed} received");
    }

    private void Break(SessionOver over, string what)
    {
        if (_broken.Count < BrokenMax)
            _broken.Enqueue($"connection {over.Connection}, session {over.Session}, by {over.Adapter}: {what}");
    }
}
