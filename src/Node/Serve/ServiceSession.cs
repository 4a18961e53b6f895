using System.Net;
using System.Net.Sockets;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Serve;

/// <summary>One connection of a built-in service; what it does with data is the service's.</summary>
internal abstract class ServiceSession : ISession, IConnectionUser
{
    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly EndPoint? _client;
    private readonly ConnectionEnd _connection;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _began = Environment.TickCount64;
    private SessionEnd _end = SessionEnd.Closed;
    private bool _open;
    private bool _aborting;
    private bool _over;
    private bool _peerClosed;
    private bool _lingered;
    private long _closingSince;
    private long _lastMove = Environment.TickCount64;

    protected ServiceSession(long id, Socket socket, ServiceContext service)
    {
        Id = id;
        Service = service;
        _socket = socket;
        _client = socket.RemoteEndPoint;
        _connection = new ConnectionEnd(_gate, _ => OnProgress());
    }

    /// <inheritdoc/>
    public long Id { get; }

    /// <summary>What all sessions share.</summary>
    protected ServiceContext Service { get; }

    /// <summary>Bytes sent that the client has not acknowledged.</summary>
    protected long SendingBytes
    {
        get { lock (_gate) return _connection.OutstandingBytes; }
    }

    /// <summary>Nothing is under way, a half request neither.</summary>
    protected virtual bool IsAtRest => true;

    /// <summary>Serves the connection to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        string? detail = null;
        ConnectionSummary? summary = null;
        try
        {
            _connection.Open(
                await ResilientConnection.OpenAsync(Service.Binding, _socket, this).ConfigureAwait(false));
            lock (_gate)
                _open = true;
            EndIfOver();
            await _ended.Task.ConfigureAwait(false);
            summary = await _connection.CloseAsync().ConfigureAwait(false);
        }
        catch (OffloadException refused) when (refused.IsConnectionGone())
        {
            _end = SessionEnd.ClientReset;
            _socket.Dispose();
        }
        catch (OffloadException denied) when (denied.Refusal is not null)
        {
            _end = SessionEnd.Denied;
            detail = denied.Refusal;
            _socket.Dispose();
        }
        catch (Exception e)
        {
            _end = SessionEnd.NotOffloaded;
            detail = e is OffloadException refused ? refused.Status.ToString() : e.ToString();
            _socket.Dispose();
        }
        Service.OnEnded(this, new ServiceRecord(
            Id, _client, _end, detail, summary?.BytesReceived ?? 0, summary?.BytesAcknowledged ?? 0,
            Environment.TickCount64 - _began));
    }

    /// <inheritdoc/>
    public void OnReceived(ReceivedData data)
    {
        Moved();
        OnData(data);
    }

    /// <inheritdoc/>
    public void OnPeerClosed()
    {
        Moved();
        lock (_gate)
            _peerClosed = true;
        OnEndOfData();
        EndIfOver();
    }

    /// <inheritdoc/>
    public void OnAborted()
    {
        _connection.Lost();
        Abort(SessionEnd.ClientReset);
    }

    /// <inheritdoc/>
    public void OnTick(long now, DrainProgress? drain)
    {
        bool finish;
        bool abort;
        lock (_gate)
        {
            if (!_open || _aborting || _over)
                return;
            long quiet = now - Interlocked.Read(ref _lastMove);
            bool idle = Service.IdleMilliseconds > 0 && quiet >= Service.IdleMilliseconds;
            finish = !_connection.FinishRequested && (idle || (drain is not null && _connection.Outstanding == 0
                && quiet >= DrainProgress.QuietMilliseconds && (IsAtRest || drain.IsLate(now))));
            if (finish)
                _end = idle ? SessionEnd.Idle : SessionEnd.Drained;
            bool late = !finish && _connection.FinishRequested && now - _closingSince >= Service.LingerMilliseconds;
            _lingered = late && _connection.Finished;
            abort = late && !_connection.Finished && (idle || _end == SessionEnd.Idle);
        }
        if (finish)
            Finish();
        else if (abort)
            Abort(SessionEnd.Idle);
        else
            EndIfOver();
    }

    /// <inheritdoc/>
    public void Abort(SessionEnd why)
    {
        lock (_gate)
        {
            if (_aborting || _over)
                return;
            _aborting = true;
            _end = why;
        }
        _connection.Abort();
        EndIfOver();
    }

    /// <summary>Data came in; to be returned once.</summary>
    protected abstract void OnData(ReceivedData data);

    /// <summary>All data came in.</summary>
    protected abstract void OnEndOfData();

    /// <summary>Something sent was acknowledged.</summary>
    protected virtual void OnSent()
    {
    }

    /// <summary>Sends; see <see cref="ConnectionEnd.Send"/>.</summary>
    protected bool Send(ReadOnlyMemory<byte> data, ReceivedData? lent) => _connection.Send(data, lent);

    /// <summary>FIN after everything sent so far.</summary>
    protected void Finish()
    {
        lock (_gate)
        {
            if (!_connection.FinishRequested)
                _closingSince = Environment.TickCount64;
        }
        _connection.Finish();
    }

    private void Moved() => Interlocked.Exchange(ref _lastMove, Environment.TickCount64);

    private void OnProgress()
    {
        Moved();
        bool failed;
        lock (_gate)
            failed = _connection.Failed && !_aborting;
        if (failed)
        {
            Abort(SessionEnd.ClientReset);
            return;
        }
        OnSent();
        EndIfOver();
    }

    private void EndIfOver()
    {
        lock (_gate)
        {
            if (!_open || !_connection.IsHome
                || !(_aborting || (_connection.Finished && (_peerClosed || _lingered))))
                return;
            _over = true;
        }
        _ended.TrySetResult();
    }
}
