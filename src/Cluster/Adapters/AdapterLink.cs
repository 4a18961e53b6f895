using System.Net;
using System.Net.Sockets;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Adapters;

/// <summary>One life of the link to one host, at the adapter's side, with the connections that the host has
/// here.</summary>
/// <remarks>What the stack and the network tell, on whatever thread, waits in an inbox for the driver. When the link is
/// over, everything that the host had here is aborted and freed.</remarks>
internal sealed class AdapterLink(LinkName name, LinkSettings settings, AdapterNode node, Action wake)
{
    private const int TurnMax = 4096;
    private readonly Lock _gate = new();
    private readonly Queue<Happened> _inbox = new();
    private readonly Dictionary<ulong, AdapterSocket> _sockets = [];
    private readonly Dictionary<ulong, CancellationTokenSource> _connecting = [];
    private readonly Dictionary<ulong, AdapterOffload> _offloads = [];
    private readonly List<AdapterOffload> _dirty = [];
    private readonly LinkEnd _end = new(name, settings);
    private bool _isOver;
    private bool _isWoken;

    /// <summary>Its name.</summary>
    internal LinkName Name { get; } = name;

    internal AdapterNode Node => node;


    internal bool IsOver => Volatile.Read(ref _isOver);

    /// <summary>What the host takes before it acknowledges.</summary>
    internal void Limit(Window? theirs)
    {
        if (theirs is not null)
            _end.Limit(theirs);
    }

    /// <summary>From any thread: something happened.</summary>
    internal void Post(Happened happened)
    {
        bool first = false;
        bool taken;
        lock (_gate)
        {
            taken = !_isOver;
            if (taken)
            {
                _inbox.Enqueue(happened);
                first = !_isWoken;
                _isWoken = true;
            }
        }

        if (first)
            wake();
        if (!taken)
            Refuse(happened);
    }

    /// <summary>Takes what was told.</summary>
    internal void Run()
    {
        int left = TurnMax;
        for (; left > 0 && TryTake(out Happened? happened); left--)
            Take(happened!);
        if (left == 0)
            wake();
        RunDirty();
    }

    /// <summary>Takes a frame of this link.</summary>
    /// <exception cref="LinkException">The host broke the protocol.</exception>
    internal void Receive(Frame frame, TimeSpan now)
    {
        _end.Receive(frame, now, Take);
        RunDirty();
    }

    /// <summary>What is to be said to the host now; null for nothing.</summary>
    internal Frame? NextFrame(TimeSpan now) => IsOver ? null : _end.NextFrame(now);

    /// <summary>When <see cref="NextFrame"/> is to be called next if nothing else happens; null for never.</summary>
    internal TimeSpan? NextDue => _end.NextDue;

    /// <summary>Says how busy the adapter is.</summary>
    internal void SayLoad() => _end.Post(new Item { Load = node.Load });

    /// <summary>The host is lost: what it had here is aborted and freed.</summary>
    internal void End()
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            Volatile.Write(ref _isOver, true);
        }

        foreach (CancellationTokenSource attempt in _connecting.Values)
            attempt.Cancel();
        foreach (AdapterOffload offload in _offloads.Values)
            offload.Abandon();
        foreach (AdapterSocket socket in _sockets.Values)
            socket.Close();
        while (TryTake(out Happened? happened))
            Refuse(happened!);
        for (int left = _sockets.Count + _connecting.Count; left > 0; left--)
            node.Remove();
        _connecting.Clear();
        _offloads.Clear();
        _sockets.Clear();
    }

    /// <summary>Says something to the host.</summary>
    internal void Say(Item item) => _end.Post(item);

    /// <summary>An offload is over.</summary>
    /// <param name="socket">Whose.</param>
    /// <param name="offload">It.</param>
    /// <param name="place">Where it left the connection; without a socket if the connection is gone.</param>
    internal void GiveBack(AdapterSocket socket, AdapterOffload offload, UploadResult? place)
    {
        _offloads.Remove(offload.Number);
        socket.Offload = null;
        socket.Place = place?.Socket is null ? null : place;
        if (socket.IsDropped)
        {
            socket.Close();
            return;
        }

        Action? next = socket.WaitsForPlace;
        socket.WaitsForPlace = null;
        next?.Invoke();
    }

    /// <summary>Frees what was told to a link that is over.</summary>
    internal static void Refuse(Happened happened)
    {
        switch (happened)
        {
            case SocketConnected { Socket: { } socket }:
                AdapterSocket.Reset(socket);
                socket.Dispose();
                break;
            case OffloadBegun { Connection: { } connection }:
                _ = connection.DisposeAsync().AsTask();
                break;
            case OffloadBegun { To: { } unopened }:
                unopened.CloseRest();
                break;
            case DataCame came:
                came.Data.Return();
                break;
            case Uploaded { Rest.Socket: { } rest }:
                AdapterSocket.Reset(rest);
                rest.Dispose();
                break;
        }
    }

    private void Take(Item item)
    {
        switch (item.KindCase)
        {
            case Item.KindOneofCase.Connect: Connect(item.Number, item.Connect); break;
            case Item.KindOneofCase.Open: Open(item.Number, item.Open); break;
            case Item.KindOneofCase.Drop: Drop(item.Number); break;
            case Item.KindOneofCase.None:
                throw new LinkException("an item of a kind that this version does not know");
            default:
                if (_offloads.TryGetValue(item.Number, out AdapterOffload? offload))
                {
                    offload.Take(item);
                    MarkDirty(offload);
                }
                else if (item.KindCase == Item.KindOneofCase.TakeBack)
                {
                    Say(new Item { Number = item.Number, TakenBack = new TakenBack() });
                }

                break;      // else: it is over, and this was on its way
        }
    }

    private void Take(Happened happened)
    {
        if (happened is SocketConnected connected)
        {
            OnConnected(connected);
            return;
        }

        AdapterOffload offload = happened switch
        {
            OffloadBegun one => one.To,
            DataCame one => one.To,
            PieceDone one => one.To,
            DisconnectDone one => one.To,
            PeerFinishedSaid one => one.To,
            ResetSaid one => one.To,
            UploadWish one => one.To,
            Answered one => one.To,
            Uploaded one => one.To,
            _ => throw new InvalidOperationException($"not a message of a link: {happened}"),
        };
        offload.Take(happened);
        MarkDirty(offload);
    }

    private void Connect(ulong number, Connect connect)
    {
        IPEndPoint remote = EndPoints.Read(connect) ?? throw new LinkException("no address to connect to");
        if (_sockets.ContainsKey(number) || _connecting.ContainsKey(number))
            throw new LinkException($"connection {number} is there already");
        if (!node.TryAdd())
        {
            string why = node.IsDraining ? "the adapter is draining" : "the adapter has no room";
            Say(new Item
            {
                Number = number,
                Connected = new Connected { Error = (int)SocketError.TryAgain, Text = why, Busy = true },
            });
            return;
        }

        var cancellation = new CancellationTokenSource();
        _connecting.Add(number, cancellation);
        _ = ConnectAsync(number, remote, cancellation.Token);
    }

    private async Task ConnectAsync(ulong number, IPEndPoint remote, CancellationToken cancellation)
    {
        try
        {
            Socket socket = await node.ConnectAsync(remote, cancellation).ConfigureAwait(false);
            Post(new SocketConnected(number, socket, null));
        }
        catch (Exception error)
        {
            Post(new SocketConnected(number, null, error));
        }
    }

    private void OnConnected(SocketConnected connected)
    {
        _connecting.Remove(connected.Number, out CancellationTokenSource? attempt);
        bool isWanted = attempt is { IsCancellationRequested: false };
        attempt?.Dispose();
        var answer = new Connected();
        if (connected.Socket is { } socket && isWanted)
        {
            _sockets.Add(connected.Number, new AdapterSocket(connected.Number, socket));
            NameEnd(socket, answer);
        }
        else
        {
            Refuse(connected);
            node.Remove();
            answer.Error = (uint)(int)((connected.Error as SocketException)?.SocketErrorCode
                ?? (isWanted ? SocketError.NetworkUnreachable : SocketError.OperationAborted));
            answer.Text = connected.Error?.Message ?? "";
        }

        Say(new Item { Number = connected.Number, Connected = answer });
    }

    private static void NameEnd(Socket socket, Connected answer)
    {
        try
        {
            if (socket.LocalEndPoint is not IPEndPoint local)
                return;
            answer.LocalAddress = ByteString.CopyFrom(local.Address.GetAddressBytes());
            answer.LocalPort = (uint)local.Port;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It has no name any more; the host will hear why when it is offloaded.
        }
    }

    private void Open(ulong number, Open open)
    {
        AdapterSocket? socket = _sockets.GetValueOrDefault(open.Socket);
        if (socket is { Offload: not null, WaitsForPlace: null })
            socket.WaitsForPlace = () => Open(number, open);    // the one before it is being taken back
        else if (socket?.Place is null)
            Say(new Item { Number = number, Opened = (uint)Buffers.NdisStatus.OffloadConnectionRejected });
        else
            Begin(number, open, socket);
    }

    private void Begin(ulong number, Open open, AdapterSocket socket)
    {
        var offload = new AdapterOffload(this, number, socket, (long)open.Window);
        if (!_offloads.TryAdd(number, offload))
            throw new LinkException($"offload {number} is there already");
        offload.Begin(open.HasAffinity ? open.Affinity : null);
    }

    private void Drop(ulong number)
    {
        if (_connecting.TryGetValue(number, out CancellationTokenSource? attempt))
            attempt.Cancel();
        if (!_sockets.Remove(number, out AdapterSocket? socket))
            return;
        node.Remove();
        socket.IsDropped = true;
        socket.WaitsForPlace = null;
        socket.Close();
        if (socket.Offload is not { } offload)
            return;
        offload.Drop();
        MarkDirty(offload);
    }

    private void MarkDirty(AdapterOffload offload)
    {
        if (offload.IsDirty)
            return;
        offload.IsDirty = true;
        _dirty.Add(offload);
    }

    private void RunDirty()
    {
        foreach (AdapterOffload offload in _dirty)
        {
            offload.IsDirty = false;
            offload.Run();
        }

        _dirty.Clear();
    }

    private bool TryTake(out Happened? happened)
    {
        lock (_gate)
        {
            if (_inbox.TryDequeue(out happened))
                return true;
            _isWoken = false;
            return false;
        }
    }
}
