using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Relay;

/// <summary>
/// A client and the upstream connection made for it. Bytes and closes go through both ways; a reset of one side
/// resets the other; what was received is given back when the other side has acknowledged it, and no sooner, so a slow
/// reader slows the writer and memory stays bounded.
/// </summary>
internal sealed class RelayPair : ISession
{
    private readonly Lock _gate = new();
    private readonly RelayContext _relay;
    private readonly Socket _clientSocket;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _began = Environment.TickCount64;
    private SessionEnd _end = SessionEnd.Closed;
    private bool _open;
    private bool _aborting;
    private bool _over;
    private bool _closing;          // by us: idle or drained
    private bool _upstreamOwes;     // the client spoke last
    private long _lastMove = Environment.TickCount64;
    private long _closingSince;
    private Socket? _upstreamSocket;
    private DrainProgress? _adapterDrain;   // of the adapter that has the upstream connection

    public RelayPair(long id, Socket client, RelayContext relay)
    {
        Id = id;
        _clientSocket = client;
        _relay = relay;
        ClientAddress = client.RemoteEndPoint;
        Client = new RelaySide(this, _gate, "client", SessionEnd.ClientReset);
        Upstream = new RelaySide(this, _gate, "upstream", SessionEnd.UpstreamReset) { Other = Client };
        Client.Other = Upstream;
    }

    /// <inheritdoc/>
    public long Id { get; }

    private EndPoint? ClientAddress { get; }

    private RelaySide Client { get; }

    private RelaySide Upstream { get; }

    /// <summary>Serves the pair to its end. Never throws.</summary>
    public async Task RunAsync()
    {
        string? detail = null;
        ConnectionSummary? client = null;
        ConnectionSummary? upstream = null;
        try
        {
            // The client first: whom the stack does not take costs the upstream nothing.
            if (await OpenAsync(_relay.Front, _clientSocket, Client).ConfigureAwait(false) is var (end, why))
            {
                (_end, detail) = (end, why);
            }
            else
            {
                detail = await OpenUpstreamAsync().ConfigureAwait(false);
                await _ended.Task.ConfigureAwait(false);
                client = await Client.End.CloseAsync().ConfigureAwait(false);
                upstream = await Upstream.End.CloseAsync().ConfigureAwait(false);
            }
        }
        catch (Exception bug)
        {
            _end = SessionEnd.NotOffloaded;
            detail = bug.ToString();
            Reset(_clientSocket);
        }
        _relay.OnEnded(this, new RelayRecord(
            Id, ClientAddress, _relay.Connector.To.ToString(), _end, detail,
            client?.BytesReceived ?? 0, upstream?.BytesAcknowledged ?? 0,
            upstream?.BytesReceived ?? 0, client?.BytesAcknowledged ?? 0,
            Client.Discarded + Upstream.Discarded, Environment.TickCount64 - _began));
    }

    /// <inheritdoc/>
    public void OnTick(long now, DrainProgress? drain)
    {
        bool abort;
        bool finishUpstream;
        bool finishClient;
        lock (_gate)
        {
            if (!_open || _aborting)
                return;
            if (_adapterDrain is null && drain is null && _relay.IsDraining(_upstreamSocket!))
                _adapterDrain = new DrainProgress(now, _relay.DrainMilliseconds);
            drain ??= _adapterDrain;
            long quiet = now - Interlocked.Read(ref _lastMove);
            bool nothingUnderWay = Client.End.Outstanding == 0 && Upstream.End.Outstanding == 0;
            bool idle = _relay.IdleMilliseconds > 0 && quiet >= _relay.IdleMilliseconds;
            bool drained = drain is not null && nothingUnderWay && quiet >= DrainProgress.QuietMilliseconds
                && (!_upstreamOwes || drain.IsLate(now));
            bool begins = !_closing && (idle || drained);
            if (begins)
            {
                _closing = true;
                _closingSince = now;
                _end = idle ? SessionEnd.Idle : SessionEnd.Drained;
            }
            bool lingered = _closing && Math.Min(now - _closingSince, quiet) >= _relay.LingerMilliseconds;
            // Draining, the upstream first: what it still has to say goes to the client, then its FIN does. If it
            // does not answer the FIN, the client is closed all the same; if the client does not, the drain's end is
            // the limit.
            finishUpstream = begins;
            finishClient = (begins && idle) || (lingered && nothingUnderWay && !Client.End.FinishRequested);
            abort = lingered && _end == SessionEnd.Idle;
        }
        if (finishUpstream)
            Upstream.End.Finish();
        if (abort)
            Abort(_end);
        else if (finishClient)
            Client.End.Finish();
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
        Client.End.Abort();
        Upstream.End.Abort();
        EndIfOver();
    }

    /// <summary>Something came in.</summary>
    /// <param name="from">The side whose data it is; null for a FIN.</param>
    internal void OnMoved(RelaySide? from)
    {
        Interlocked.Exchange(ref _lastMove, Environment.TickCount64);
        if (from is not null)
            Volatile.Write(ref _upstreamOwes, ReferenceEquals(from, Client));
    }

    /// <summary>A connection of it was offloaded again.</summary>
    internal void OnMoved(TimeSpan took) => _relay.OnMoved(took);

    /// <summary>A request of this side was completed.</summary>
    internal void OnProgress(RelaySide side)
    {
        Interlocked.Exchange(ref _lastMove, Environment.TickCount64);
        bool failed;
        lock (_gate)
            failed = side.End.Failed && !_aborting;
        // Not here: this may be called out of a call into the stack, and an abort calls into the other connection.
        if (failed)
            ThreadPool.UnsafeQueueUserWorkItem(static end => end.Pair.Abort(end.WhenGone), side, preferLocal: false);
        else
            EndIfOver();
    }

    /// <summary>This side was reset, or is lost.</summary>
    internal void OnGone(RelaySide side)
    {
        side.End.Lost();
        Abort(side.WhenGone);
    }

    private async Task<string?> OpenUpstreamAsync()
    {
        (SessionEnd End, string? Detail)? problem;
        try
        {
            string key = (ClientAddress as IPEndPoint)?.Address.ToString() ?? "";
            _upstreamSocket = await _relay.Connector.ConnectAsync(key, _relay.AbortAll).ConfigureAwait(false);
            problem = await OpenAsync(_relay.Back, _upstreamSocket, Upstream).ConfigureAwait(false);
        }
        catch (UpstreamException e)
        {
            problem = (e.End, e.Message);
        }
        if (problem is { } found)
            Abort(found.End);
        lock (_gate)
            _open = true;
        EndIfOver();   // an abort may have come before there was anything to abort
        return problem?.Detail;
    }

    private async Task<(SessionEnd End, string? Detail)?> OpenAsync(
        OpenConnection open, Socket socket, RelaySide side)
    {
        try
        {
            side.End.Open(await open(socket, side, (int)Id).ConfigureAwait(false));
            return null;
        }
        catch (OffloadException refused) when (refused.IsConnectionGone())
        {
            Reset(socket);
            return (side.WhenGone, null);
        }
        catch (OffloadException denied) when (denied.Refusal is not null)
        {
            Reset(socket);
            return (SessionEnd.Denied, denied.Refusal);
        }
        catch (Exception e)
        {
            Reset(socket);
            return (SessionEnd.NotOffloaded,
                $"{side.Name} side: {(e is OffloadException refused ? refused.Status : e)}");
        }
    }

    private void EndIfOver()
    {
        lock (_gate)
        {
            if (!_open || !Client.End.IsHome || !Upstream.End.IsHome
                || !(_aborting || (Client.End.Finished && Upstream.End.Finished)))
                return;
            _over = true;
        }
        _ended.TrySetResult();
    }

    // The client must not take a failure for an orderly end.
    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (SocketException)
        {
            // It is gone already.
        }
        catch (ObjectDisposedException)
        {
        }
        socket.Dispose();
    }
}
