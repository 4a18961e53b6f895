using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>A connection that outlives the death of drivers: it is uploaded, offloaded again, and the stream goes on
/// with the first byte that the kernel had not taken.</summary>
/// <remarks>Thread-safe. Callbacks come on the stack's threads and must not block.</remarks>
public sealed partial class ResilientConnection : IConnectionUser
{
    // A first offload may fail early, its socket is still the caller's; a stream under way is worth a minute.
    private const int FirstAttemptsMax = 20;
    private const int RepairAttemptsMax = 130;
    private readonly Binding? _home;    // where it falls back to; null if it has only one place to be
    private readonly IConnectionUser _user;
    private readonly int? _affinity;
    private readonly LentCount? _lent;  // only where it may be moved
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingRequest> _pending = [];
    private readonly Queue<(Attempt Attempt, NdisStatus Status, long Bytes)> _answers = new();
    private Binding _binding;           // where it is, or is being brought
    private OffloadedConnection _current = null!;
    private Task _repair = Task.CompletedTask;
    private int _generation;
    private long _next;
    private long _acknowledged;
    private long _drained;
    private bool _repairing;
    private bool _ending;       // a disconnect was asked for
    private bool _closed;
    private bool _over;
    private bool _toldClosed;
    private bool _toldAborted;

    private ResilientConnection(Binding binding, Binding? home, IConnectionUser user, int? affinity)
    {
        _affinity = affinity;
        _binding = binding;
        _home = home;
        _lent = home is null ? null : new LentCount();
        _user = user;
    }

    /// <summary>How often the connection was taken back and offloaded again.</summary>
    public int Repairs => Volatile.Read(ref _generation);

    /// <summary>Bytes the peer acknowledged, as far as completions told.</summary>
    public long BytesAcknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived => Volatile.Read(ref _current).BytesReceived + Interlocked.Read(ref _drained);

    /// <summary>Offloads a connected socket.</summary>
    /// <param name="binding">Over which binding.</param>
    /// <param name="socket">A connected TCP socket; from now on the connection's own.</param>
    /// <param name="user">Is told of data, FIN and abort.</param>
    /// <param name="affinity">As in <see cref="Binding"/>; kept over repairs.</param>
    /// <exception cref="OffloadException">The target did not take it; the socket is still the caller's.</exception>
    public static Task<ResilientConnection> OpenAsync(
        Binding binding, Socket socket, IConnectionUser user, int? affinity = null) =>
        OpenAsync(binding, null, socket, user, affinity);

    /// <summary>The same with a binding to fall back on.</summary>
    internal static async Task<ResilientConnection> OpenAsync(
        Binding binding, Binding? home, Socket socket, IConnectionUser user, int? affinity)
    {
        var connection = new ResilientConnection(binding, home, user, affinity);
        var begin = new UploadResult(socket, default, default, false);
        // Held back until the connection is known: the first data may be there before OffloadAsync returns.
        connection._repairing = true;
        OffloadedConnection? offloaded = await connection.OffloadAsync(begin).ConfigureAwait(false);
        connection.GoOn(offloaded!, begin);     // without a connection to fall back on, OffloadAsync throws
        return connection;
    }

    /// <summary>Sends data; the memory is lent until the callback.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="completed">Called once: Success when the peer acknowledged all, else RequestAborted.</param>
    /// <param name="state">Given to the callback.</param>
    public void Send(ReadOnlyMemory<byte> data, Action<object?, SendResult> completed, object? state) =>
        Add([new PendingRequest(OffloadOperation.Send, data, default, state) { Sent = completed }]);

    /// <summary>Sends a chain of buffers as one request; each is answered by itself, in order.</summary>
    /// <param name="chain">Each buffer with the state for its callback; at least one.</param>
    /// <param name="completed">Called once for each.</param>
    public void SendChain(
        IReadOnlyList<(ReadOnlyMemory<byte> Data, object? State)> chain, Action<object?, SendResult> completed)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chain.Count);
        Add([.. chain.Select(link =>
            new PendingRequest(OffloadOperation.Send, link.Data, default, link.State) { Sent = completed })]);
    }

    /// <summary>Closes the send half after all data, or aborts the connection.</summary>
    public void Disconnect(
        DisconnectKind kind, ReadOnlyMemory<byte> data, Action<object?, DisconnectResult> completed, object? state)
    {
        OffloadedConnection.CheckDisconnect(kind, data);
        Add([new PendingRequest(OffloadOperation.Disconnect, data, kind, state) { Disconnected = completed }]);
    }

    /// <summary>Takes the connection back and closes its socket. What is not acknowledged by then is aborted.</summary>
    public async Task<ConnectionSummary> CloseAsync()
    {
        Task repair;
        lock (_lock)
        {
            _closed = true;
            repair = _repair;
        }
        await repair.ConfigureAwait(false);
        long received = BytesReceived;
        if (!_over)
        {
            UploadResult rest = await _current.UploadAsync().ConfigureAwait(false);
            OffloadedConnection.Release(rest);
            received = Math.Max(BytesReceived, rest.Positions.Received - rest.BufferedData.Length);
            NoteAcknowledged(rest.Positions.Acknowledged);
            _over = true;
        }
        LeaveHost();
        AnswerAll(0);
        return new ConnectionSummary(BytesAcknowledged, received);
    }

    void IConnectionUser.OnReceived(ReceivedData data)
    {
        if (_lent is not null)
            data.CountIn(_lent);
        _user.OnReceived(data);
    }

    void IConnectionUser.OnPeerClosed()
    {
        lock (_lock)
        {
            if (_toldClosed)
                return;
            _toldClosed = true;
        }
        _user.OnPeerClosed();
    }

    void IConnectionUser.OnAborted()
    {
        lock (_lock)
        {
            if (_toldAborted)
                return;
            _toldAborted = true;
        }
        _user.OnAborted();
    }

    private void Add(PendingRequest[] chain)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                foreach (PendingRequest request in chain)
                {
                    _ending |= request.Operation == OffloadOperation.Disconnect;
                    request.Offset = _next;
                    _next += request.Data.Length;
                    request.Node = _pending.AddLast(request);
                }
                if (!_repairing)
                    PostOrWait(chain);
                chain = [];
            }
        }
        SettleLater();
        foreach (PendingRequest request in chain)
            Answer(request, NdisStatus.RequestAborted, 0);
    }

    /// <summary>Under the lock. Whatever is wrong where it is, home it can be served.</summary>
    private void BeginRepair()
    {
        if (!_repairing && !_closed)
            BeginRepair(_home ?? _binding);
    }

    private void BeginRepair(Binding to)
    {
        _repairing = true;
        if (to != _binding)
            _sentBack = 0;      // others have contexts of their own
        Volatile.Write(ref _binding, to);
        _repair = RepairAsync(_current);
    }

    private async Task RepairAsync(OffloadedConnection broken)
    {
        long began = _binding.Clock.GetTimestamp();
        // Not under the caller's lock.
        if (_binding.NextTurn is { } nextTurn)
            await nextTurn().ConfigureAwait(false);
        else
            await Task.Yield();
        UploadResult rest = await broken.UploadAsync().ConfigureAwait(false);
        NoteAcknowledged(rest.Positions.Acknowledged);
        await WaitForContextsAsync().ConfigureAwait(false);
        OffloadedConnection? next = rest.Socket is null ? null : await OffloadAsync(rest).ConfigureAwait(false);
        if (next is not null)
        {
            GoOn(next, rest);
            TimeSpan took = _binding.Clock.GetElapsedTime(began);
            Guard(() => _user.OnMoved(took));
            return;
        }
        bool isGivenUp = !_closed;      // else its user has closed it in the middle of a pause
        bool whole = rest.Socket is not null && rest.FinSent && !_binding.IsStopping && TryDrain(rest);
        OffloadedConnection.Release(isGivenUp ? rest with { FinSent = whole } : rest);
        lock (_lock)
        {
            _closed = true;
            _over = true;
        }
        LeaveHost();
        AnswerAll(whole ? rest.Positions.Accepted : 0);
        if (whole || isGivenUp)
            Guard(whole ? ((IConnectionUser)this).OnPeerClosed : ((IConnectionUser)this).OnAborted);
    }

    /// <summary>A target takes no connection whose two halves are closed. There is nothing to wait for on it either:
    /// what is left of the peer's stream is here.</summary>
    private bool TryDrain(UploadResult rest)
    {
        try
        {
            if (rest.BufferedData.Length > 0)
                Hand(rest.BufferedData);
            while (true)
            {
                byte[] piece = new byte[64 * 1024];
                if (!rest.Socket!.Poll(0, SelectMode.SelectRead))
                    return false;       // refused for another reason: its stream is not at its end
                int length = rest.Socket.Receive(piece);
                if (length == 0)
                    return true;
                Hand(piece.AsMemory(0, length));
            }
        }
        catch (SocketException)
        {
            return false;       // reset, or not closed after all
        }

        void Hand(ReadOnlyMemory<byte> data)
        {
            Interlocked.Add(ref _drained, data.Length);
            Guard(() => _user.OnReceived(new ReceivedData(data)));
        }
    }

    private async Task<OffloadedConnection?> OffloadAsync(UploadResult from)
    {
        TimeSpan wait = TimeSpan.FromMilliseconds(1);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await _binding.OffloadAsync(from, this, OnUploadWanted, _affinity, isHome: _binding == _home)
                    .ConfigureAwait(false);
            }
            catch (OffloadException exception)
            {
                bool isFirst = Volatile.Read(ref _current) is null;
                bool isDenied = isFirst && exception.Refusal is not null;
                if (_home is { } home && _binding != home && !isDenied)
                {
                    Volatile.Write(ref _binding, home);
                    continue;       // not taken there, for whatever reason: home it is served at once
                }
                if (!IsWorthAnother(exception.Status, isFirst, attempt))
                {
                    if (isFirst)
                        throw;      // never offloaded: the socket is still the caller's
                    return null;
                }
                if (exception.Status == NdisStatus.Paused && !isFirst)
                    attempt = 0;
            }
            await Task.Delay(wait, _binding.Clock).ConfigureAwait(false);
            wait = TimeSpan.FromMilliseconds(Math.Min(wait.TotalMilliseconds * 2, 500));
        }
    }

    /// <summary>A driver that is being replaced, or has no context free, refuses for a moment; a pause is waited for,
    /// by a stream under way for as long as it takes; a full target, or a bad socket, refuses for good.</summary>
    private bool IsWorthAnother(NdisStatus status, bool isFirst, int attempt)
    {
        bool isWorth = status is NdisStatus.Failure or NdisStatus.Resources
            || (status == NdisStatus.Paused && !_closed);
        return isWorth && !_binding.IsStopping && attempt < (isFirst ? FirstAttemptsMax : RepairAttemptsMax);
    }

    private void GoOn(OffloadedConnection next, UploadResult from)
    {
        lock (_lock)
        {
            if (_current is not null)
                _generation++;
            Volatile.Write(ref _current, next);
            if (Guest is { } guest)
                Host!.OnArrived(guest);     // before it can be moved again
            _repairing = false;
            bool finWaits = from.FinSent && _pending.Any(request => request.Kind == DisconnectKind.Graceful);
            foreach (PendingRequest request in _pending)
            {
                finWaits &= request.Kind != DisconnectKind.Graceful;
                request.AwaitsFin = finWaits;
            }
            PostAll(from.Positions.Accepted);
            if (next.WantsUpload)
                BeginRepair();      // it asked before it was known here, and will not ask again
        }
        SettleLater();
    }

    private void OnUploadWanted(TcpUploadReason reason)
    {
        lock (_lock)
            if (!_repairing && _current.WantsUpload)     // else an earlier one speaks, late
                BeginRepair();
    }

    private sealed record Attempt(ResilientConnection Connection, PendingRequest Request, int Generation, int Skipped);
}
