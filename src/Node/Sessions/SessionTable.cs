using System.Collections.Concurrent;

namespace ChimneyActors.Node.Sessions;

/// <summary>The sessions that are alive.</summary>
internal sealed class SessionTable : IDisposable
{
    private readonly ConcurrentDictionary<long, ISession> _sessions = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _aborting = new();
    private TaskCompletionSource? _empty;
    private DrainProgress? _drain;
    private long _lastId;

    /// <summary>How many there are.</summary>
    public int Count => _sessions.Count;

    /// <summary>How many there were.</summary>
    public long Begun => Interlocked.Read(ref _lastId);

    /// <summary>The drain that is under way, if one is.</summary>
    public DrainProgress? Drain => Volatile.Read(ref _drain);

    /// <summary>Cancelled when all sessions are aborted.</summary>
    public CancellationToken Aborting => _aborting.Token;

    /// <summary>A number for the next session.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>A session began.</summary>
    public void Add(ISession session) => _sessions[session.Id] = session;

    /// <summary>A session ended.</summary>
    public void Remove(ISession session)
    {
        _sessions.TryRemove(session.Id, out _);
        lock (_gate)
        {
            if (_sessions.IsEmpty)
                _empty?.TrySetResult();
        }
    }

    /// <summary>From now on sessions with nothing under way are closed.</summary>
    public void BeginDrain(TimeSpan timeout) =>
        Volatile.Write(ref _drain, new DrainProgress(Environment.TickCount64, (long)timeout.TotalMilliseconds));

    /// <summary>Done as soon as there is none. To be asked after the listener has stopped.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_sessions.IsEmpty)
                _empty.TrySetResult();
            return _empty.Task;
        }
    }

    /// <summary>Looks at every session.</summary>
    public void Tick(long now)
    {
        DrainProgress? drain = Drain;
        foreach ((_, ISession session) in _sessions)
            session.OnTick(now, drain);
    }

    /// <summary>Ends every session.</summary>
    public void AbortAll()
    {
        _aborting.Cancel();
        foreach ((_, ISession session) in _sessions)
            session.Abort(SessionEnd.Aborted);
    }

    /// <inheritdoc/>
    public void Dispose() => _aborting.Dispose();
}
