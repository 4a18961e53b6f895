using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>One life of the link to one adapter, at the host's side, with the connections that exist on it.</summary>
/// <remarks>
/// Whoever tells it something, from any thread, puts it into an inbox and wakes the driver; everything else happens on
/// the driver's thread: completions and indications are given from there and from nowhere else. When the link is over
/// it stays so. What is told later is not taken, and whoever told it answers for it.
/// </remarks>
internal sealed class HostLink(LinkName name, LinkSettings link, HostSettings settings, Action wake)
{
    private const int TurnMax = 4096;
    private readonly Lock _gate = new();
    private readonly Queue<Told> _inbox = new();
    private readonly Dictionary<ulong, RemoteConnection> _offloads = [];
    private readonly Dictionary<ulong, RemoteSocket> _unheard = [];     // offloads of which the host never knew
    private readonly Dictionary<ulong, Connecting> _connecting = [];
    private readonly List<RemoteConnection> _dirty = [];
    private readonly List<RemoteConnection> _severing = [];
    private readonly LinkEnd _end = new(name, link);
    private ulong _lastNumber;
    private bool _isOver;
    private bool _isWoken;
    private int _sockets;

    /// <summary>Its name.</summary>
    internal LinkName Name { get; } = name;

    /// <summary>The time of the present turn.</summary>
    internal TimeSpan Now { get; private set; }

    /// <summary>Sockets at the adapter, offloaded or not, those that are being connected included.</summary>
    internal int Sockets => Volatile.Read(ref _sockets);

    /// <summary>How busy the adapter says it is, with the connections of all hosts.</summary>
    internal Load Load { get; private set; } = new();

    /// <summary>Whether it is over.</summary>
    internal bool IsOver => Volatile.Read(ref _isOver);

    /// <summary>Is told of faults of our own.</summary>
    internal Action<Exception>? OnFault { get; init; }

    /// <summary>From any thread: tells a connection, or the link if there is none, something.</summary>
    /// <returns>False when the link is over: then it was not taken.</returns>
    internal bool Post(RemoteConnection? to, object message, IOffloadUpcalls? sender)
    {
        bool first;
        lock (_gate)
        {
            if (_isOver)
                return false;
            _inbox.Enqueue(new Told(to, message, sender));
            first = !_isWoken;
            _isWoken = true;
        }

        if (first)
            wake();
        return true;
    }

    /// <summary>Connects a socket from the adapter's node. Whoever does not wait any more cancels the task, and says
    /// so.</summary>
    /// <returns>False when the link is over.</returns>
    internal bool Connect(IPEndPoint remote, TaskCompletionSource<ConnectAnswer> done) =>
        Post(null, new ConnectCall(remote, done), null);

    /// <summary>Nobody waits for that connection any more.</summary>
    internal void CancelConnect(TaskCompletionSource<ConnectAnswer> done) =>
        Post(null, new CancelCall(done), null);

    /// <summary>The adapter has opened the link.</summary>
    internal void Open(Welcome welcome)
    {
        if (welcome.Window is { } window)
            _end.Limit(window);
        Load = welcome.Load ?? Load;
    }

    /// <summary>Takes what was told.</summary>
    internal void Run(TimeSpan now)
    {
        Now = now;
        int left = TurnMax;
        for (; left > 0 && TryTake(out Told told); left--)
            Take(told);
        if (left == 0)
            wake();     // others want their turn too
        RunDirty();
        if (_severing.Count > 0)
            _severing.RemoveAll(one => !one.IsSevering || one.GiveUpSevering(now - settings.SeverAfter));
    }

    /// <summary>Takes a frame of this link.</summary>
    /// <exception cref="LinkException">The adapter broke the protocol.</exception>
    internal void Receive(Frame frame, TimeSpan now)
    {
        Now = now;
        _end.Receive(frame, now, Take);
        RunDirty();
    }

    /// <summary>What is to be said to the adapter now; null for nothing.</summary>
    internal Frame? NextFrame(TimeSpan now) => IsOver ? null : _end.NextFrame(now);

    /// <summary>When <see cref="Run"/> and <see cref="NextFrame"/> are to be called next if nothing else happens; null
    /// for never.</summary>
    internal TimeSpan? NextDue
    {
        get
        {
            TimeSpan? due = _end.NextDue;
            TimeSpan? severing = _severing.Count > 0 ? Now + settings.SeverAfter / 4 : null;
            return severing is null || due < severing ? due : severing;
        }
    }

    /// <summary>The adapter is lost: everything outstanding is completed, and nothing is taken any more.</summary>
    internal void Lose()
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            Volatile.Write(ref _isOver, true);
        }

        foreach (Connecting one in _connecting.Values)
            one.Done.TrySetResult(new ConnectAnswer(null, SocketError.NetworkReset, "the adapter was lost", true));
        _connecting.Clear();
        foreach (RemoteConnection connection in _offloads.Values.ToArray())
            connection.Vanish();
        _offloads.Clear();
        _unheard.Clear();
        Volatile.Write(ref _sockets, 0);
        while (TryTake(out Told told))
            Refuse(told);
    }

    /// <summary>Says something to the adapter.</summary>
    internal void Say(Item item) => _end.Post(item);

    /// <summary>An offload begins; its number.</summary>
    internal ulong Add(RemoteConnection connection)
    {
        _offloads.Add(++_lastNumber, connection);
        return _lastNumber;
    }

    /// <summary>It is over.</summary>
    internal void Forget(RemoteConnection connection)
    {
        if (_offloads.GetValueOrDefault(connection.Number) == connection)
            _offloads.Remove(connection.Number);
        Forgotten?.Invoke(connection);
    }

    /// <summary>Takes an offload back of which the host does not know that it began. What it has received is kept with
    /// the socket.</summary>
    internal void TakeBackUnheard(ulong number, RemoteSocket socket)
    {
        _unheard.Add(number, socket);
        Say(new Item { Number = number, TakeBack = new Nothing() });
    }

    /// <summary>Is told of each offload that is over.</summary>
    internal Action<RemoteConnection>? Forgotten { get; init; }

    internal void Note(Exception fault) => OnFault?.Invoke(fault);

    private void Take(Told told)
    {
        if (told.To is { } connection)
        {
            connection.Take(told.Message, told.Sender);
            MarkDirty(connection);
            if (told.Message is SeverSignal && connection.IsSevering)
                _severing.Add(connection);
            return;
        }

        switch (told.Message)
        {
            case ConnectCall call: Begin(call); break;
            case DropSignal drop: Drop(drop.Number); break;
            case CancelCall cancel: Cancel(cancel.Done); break;
            default: throw new InvalidOperationException($"not a message of a link: {told.Message}");
        }
    }

    private void Begin(ConnectCall call)
    {
        ulong number = ++_lastNumber;
        _connecting.Add(number, new Connecting(call.Remote, call.Done));
        Interlocked.Increment(ref _sockets);
        _end.Post(new Item { Number = number, Connect = EndPoints.Write(call.Remote) });
    }

    private void Cancel(TaskCompletionSource<ConnectAnswer> done)
    {
        foreach ((ulong number, Connecting one) in _connecting)
            if (one.Done == done)
                _end.Post(new Item { Number = number, Drop = new Nothing() });    // its answer still comes
    }

    private void Drop(ulong number)
    {
        Interlocked.Decrement(ref _sockets);
        _end.Post(new Item { Number = number, Drop = new Nothing() });
    }

    private void Take(Item item)
    {
        switch (item.KindCase)
        {
            case Item.KindOneofCase.Connected:
                Connected(item.Number, item.Connected);
                break;
            case Item.KindOneofCase.Load:
                Load = item.Load;
                break;
            case Item.KindOneofCase.None:
                throw new LinkException("an item of a kind that this version does not know");
            default:
                if (_offloads.TryGetValue(item.Number, out RemoteConnection? connection))
                {
                    connection.Take(item);
                    MarkDirty(connection);
                }
                else
                {
                    TakeUnheard(item);
                }

                break;
        }
    }

    private void TakeUnheard(Item item)
    {
        if (!_unheard.TryGetValue(item.Number, out RemoteSocket? socket))
            return;     // it is over, and this was on its way
        if (item.KindCase == Item.KindOneofCase.Received)
            socket.AddUnheard(item.Received.Memory);
        else if (item.KindCase == Item.KindOneofCase.TakenBack)
            _unheard.Remove(item.Number);
    }

    private void Connected(ulong number, Connected answer)
    {
        if (!_connecting.Remove(number, out Connecting? asked))
            throw new LinkException($"connection {number} is there, nobody asked for it");
        if (answer.Error != 0)
        {
            Interlocked.Decrement(ref _sockets);
            asked.Done.TrySetResult(new ConnectAnswer(null, (SocketError)(int)answer.Error, answer.Text, answer.Busy));
            return;
        }

        var socket = new RemoteSocket(this, number, asked.Remote, EndPoints.Read(answer));
        if (!asked.Done.TrySetResult(new ConnectAnswer(socket, SocketError.Success, null, false)))
            socket.Dispose();   // nobody waits any more
    }

    private void MarkDirty(RemoteConnection connection)
    {
        if (connection.IsDirty)
            return;
        connection.IsDirty = true;
        _dirty.Add(connection);
    }

    private void RunDirty()
    {
        foreach (RemoteConnection connection in _dirty)
        {
            connection.IsDirty = false;
            connection.Run();
        }

        _dirty.Clear();
    }

    private bool TryTake(out Told told)
    {
        lock (_gate)
        {
            if (_inbox.TryDequeue(out told))
                return true;
            _isWoken = false;
            return false;
        }
    }

    private void Refuse(Told told)
    {
        if (told.To is { } connection && told.Message is InitiateOffload or TerminateOffload or SeverSignal)
            Forgotten?.Invoke(connection);      // nothing more will be told of it
        if (told.Message is ConnectCall call)
            call.Done.TrySetResult(new ConnectAnswer(null, SocketError.NetworkReset, "the adapter was lost", true));
        else if (told.Message is ListAgainSignal)
            told.To!.Upcalls!.ReceivePool.PassOn();
        else
            Strays.Answer(told.Message, told.Sender, NdisStatus.RequestAborted,
                told.Message is InitiateOffload ? NdisStatus.OffloadConnectionRejected : NdisStatus.Failure);
    }

    private readonly record struct Told(RemoteConnection? To, object Message, IOffloadUpcalls? Sender);

    private sealed record CancelCall(TaskCompletionSource<ConnectAnswer> Done);

    private sealed record ConnectCall(IPEndPoint Remote, TaskCompletionSource<ConnectAnswer> Done);

    private sealed record Connecting(IPEndPoint Remote, TaskCompletionSource<ConnectAnswer> Done);
}

/// <summary>What came of an attempt to connect from an adapter's node.</summary>
/// <param name="Socket">The connection; null if there is none.</param>
/// <param name="Error">Why not.</param>
/// <param name="Text">In words.</param>
/// <param name="MayTryElsewhere">Whether it is the adapter's fault and not the peer's.</param>
internal sealed record ConnectAnswer(RemoteSocket? Socket, SocketError Error, string? Text, bool MayTryElsewhere);
