using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Node.Sessions;

/// <summary>
/// One offloaded connection as a session sees it: takes sends before it is open, closes once, aborts once, and knows
/// what is still under way.
/// </summary>
/// <remarks>Decisions are made under the session's gate, calls into the stack outside it. Sends and the finish of one
/// end come from one caller at a time; an abort may come from anywhere.</remarks>
internal sealed class ConnectionEnd(Lock gate, Action<ConnectionEnd> progressed)
{
    private ResilientConnection? _connection;
    private Queue<Posted>? _waiting;
    private bool _taking;   // open, and what waited has been sent
    private bool _finishRequested;
    private bool _aborting;
    private bool _lost;
    private int _disconnects;

    /// <summary>Sends that have not come back. This and the other properties: to be read under the gate.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Bytes in them.</summary>
    public long OutstandingBytes { get; private set; }

    /// <summary>Nothing may be sent any more.</summary>
    public bool FinishRequested => _finishRequested;

    /// <summary>The peer acknowledged everything and the FIN.</summary>
    public bool Finished { get; private set; }

    /// <summary>A request was not carried out.</summary>
    public bool Failed { get; private set; }

    /// <summary>Nothing of ours is at the stack.</summary>
    public bool IsHome => Outstanding == 0 && _disconnects == 0;

    /// <summary>The offload succeeded: sends what has waited, in order, and goes on directly.</summary>
    public void Open(ResilientConnection connection)
    {
        bool aborted;
        lock (gate)
        {
            _connection = connection;
            aborted = _aborting && !_lost;
            if (aborted)
                _disconnects++;
        }
        if (aborted)
            connection.Disconnect(DisconnectKind.Abortive, default, OnDisconnected, this);
        while (true)
        {
            Queue<Posted>? batch;
            lock (gate)
            {
                batch = _waiting;
                _waiting = null;
                if (batch is null)
                {
                    _taking = true;
                    if (!_finishRequested || _aborting)
                        return;
                    _disconnects++;
                    break;
                }
            }
            foreach (Posted posted in batch)
                connection.Send(posted.Data, OnSent, posted);
        }
        connection.Disconnect(DisconnectKind.Graceful, default, OnDisconnected, this);
    }

    /// <summary>Sends; what was lent goes back when the peer has acknowledged it, or never will.</summary>
    /// <returns>False if nothing may be sent any more; then nothing was taken.</returns>
    public bool Send(ReadOnlyMemory<byte> data, ReceivedData? lent)
    {
        Posted posted = new(this, data, lent);
        lock (gate)
        {
            if (_finishRequested || _aborting)
                return false;
            Outstanding++;
            OutstandingBytes += data.Length;
            if (!_taking)
            {
                (_waiting ??= new Queue<Posted>()).Enqueue(posted);
                return true;
            }
        }
        _connection!.Send(data, OnSent, posted);
        return true;
    }

    /// <summary>FIN, after everything sent so far. Only the first call counts.</summary>
    public void Finish()
    {
        lock (gate)
        {
            if (_finishRequested || _aborting)
                return;
            _finishRequested = true;
            if (!_taking)
                return;
            _disconnects++;
        }
        _connection!.Disconnect(DisconnectKind.Graceful, default, OnDisconnected, this);
    }

    /// <summary>RST, whatever is under way. Only the first call counts.</summary>
    public void Abort()
    {
        Queue<Posted>? unsent;
        ResilientConnection? connection;
        lock (gate)
        {
            if (_aborting)
                return;
            _aborting = true;
            unsent = _waiting;
            _waiting = null;
            foreach (Posted posted in unsent ?? [])
                Forget(posted);
            connection = _lost ? null : _connection;
            if (connection is not null)
                _disconnects++;
        }
        foreach (Posted posted in unsent ?? [])
            posted.Lent?.Return();
        connection?.Disconnect(DisconnectKind.Abortive, default, OnDisconnected, this);
    }

    /// <summary>The stack says that the connection is gone: an abort need not be sent.</summary>
    public void Lost()
    {
        lock (gate)
            _lost = true;
        Abort();
    }

    /// <summary>Ends the offload; the positions of both streams.</summary>
    public async Task<ConnectionSummary?> CloseAsync() =>
        _connection is null ? null : await _connection.CloseAsync().ConfigureAwait(false);

    private static void OnSent(object? state, SendResult result)
    {
        Posted posted = (Posted)state!;
        posted.Lent?.Return();
        posted.End.OnSent(posted, result);
    }

    private void OnSent(Posted posted, SendResult result)
    {
        lock (gate)
        {
            Forget(posted);
            Failed |= result.Status != NdisStatus.Success;
        }
        progressed(this);
    }

    private static void OnDisconnected(object? state, DisconnectResult result)
    {
        ConnectionEnd end = (ConnectionEnd)state!;
        lock (end.Gate)
        {
            end._disconnects--;
            if (!end._aborting)
            {
                end.Finished = result.Status == NdisStatus.Success;
                end.Failed |= !end.Finished;
            }
        }
        end.Progressed(end);
    }

    private Lock Gate => gate;

    private Action<ConnectionEnd> Progressed => progressed;

    private void Forget(Posted posted)
    {
        Outstanding--;
        OutstandingBytes -= posted.Data.Length;
    }

    private sealed record Posted(ConnectionEnd End, ReadOnlyMemory<byte> Data, ReceivedData? Lent);
}
