using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Hosts;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;

namespace ChimneyActors.Cluster.Tests.World;

/// <summary>One user of one connection: sends and hears what the seed says, and is the judge of every answer.</summary>
internal sealed class WorldClient : IConnectionUser
{
    private readonly SeededActorSystem _world;
    private readonly int _number;
    private readonly List<ReceivedData> _lent = [];
    private readonly TaskCompletionSource _ended = new();
    private ResilientConnection? _connection;
    private long _sent;
    private long _received;
    private int _posted;
    private int _answered;
    private bool _holdsNothing;

    public WorldClient(SeededActorSystem world, int number) => (_world, _number) = (world, number);

    /// <summary>Port by which an adapter finds the peer.</summary>
    public IPEndPoint Remote => new(IPAddress.Loopback, 1000 + _number);

    /// <summary>What adapters that were asked to connect have made; of several, only one is used.</summary>
    public Dictionary<Address, InMemoryPeer> Made { get; } = [];

    /// <summary>The other end.</summary>
    private InMemoryPeer? Peer { get; set; }

    /// <summary>What it waits for, for the report of a hang.</summary>
    public string Phase { get; private set; } = "connect";

    public List<string> Broken { get; } = [];

    /// <summary>Whether it came to its end.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether something did not succeed.</summary>
    public bool Failed => Why is not null;

    /// <summary>What was the first.</summary>
    public string? Why { get; private set; }

    /// <summary>Whether it aborted by itself.</summary>
    public bool WasAbortive { get; private set; }

    /// <summary>Whether its peer reset it.</summary>
    public bool WasReset => Peer is { IsReset: true };

    /// <summary>Bytes that its sends said were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Bytes that the peer has acknowledged.</summary>
    public long Has { get; private set; }

    public long Sent => _sent;

    public long Received => _received;

    public int Answered => _answered;

    private static byte Outgoing(int number, long at) => (byte)(at * 7 + number);

    private static byte Incoming(int number, long at) => (byte)(at * 5 + number + 1);

    public async Task RunAsync(ClusterTarget target, Binding binding)
    {
        try
        {
            Socket socket = await target.ConnectAsync(Remote, Remote.ToString());
            HostLink link = ((RemoteSocket)socket).Link;
            if (target.Nodes.All.FirstOrDefault(one => one.Link == link) is { } by)
                Peer = Made[by.Node];       // else it is lost already
            Phase = "initiate";
            _connection = await ResilientConnection.OpenAsync(binding, socket, this);
        }
        catch (Exception lost) when (lost is SocketException or OffloadException)
        {
            Why ??= lost.Message;
            IsOver = true;
            return;
        }

        Peer!.OnReceived = data => Has += data.Length;
        Phase = "sends";
        PeerSpeaks();
        for (int left = _world.Draw(12); left > 0; left--)
        {
            Send(_world.Draw(20) == 0 ? 0 : 1 + _world.Draw(1 + _world.Draw(2000)));
            if (_world.Draw(3) == 0)
                await NextTurnAsync();
            GiveBackSome();
        }

        Phase = "disconnect";
        WasAbortive = _world.Draw(6) == 0;
        DisconnectResult end = await DisconnectAsync(
            WasAbortive ? DisconnectKind.Abortive : DisconnectKind.Graceful);
        if (end.Status == NdisStatus.Success && Peer!.HostClosed)
        {
            Phase = "waiting for the peer's FIN";
            _holdsNothing = true;       // whoever keeps what is lent hears no end
            GiveBackAll();
            Peer.Close();
            await _ended.Task;
        }

        Phase = "terminate";
        GiveBackAll();
        await _connection.CloseAsync();
        GiveBackAll();
        IsOver = true;
        if (_answered != _posted)
            Broken.Add($"client {_number}: {_posted} posted, {_answered} answered");
    }

    void IConnectionUser.OnReceived(ReceivedData data)
    {
        ReadOnlySpan<byte> bytes = data.Memory.Span;
        _world.Trace($"client {_number}: hears {bytes.Length} from {_received} on");
        for (int i = 0; i < bytes.Length; i++)
            if (bytes[i] != Incoming(_number, _received + i))
            {
                Broken.Add($"client {_number}: the byte at {_received + i} is wrong");
                break;
            }

        _received += bytes.Length;
        if (_world.Draw(2) == 0 || _holdsNothing)
            data.Return();
        else
            _lent.Add(data);
    }

    void IConnectionUser.OnPeerClosed()
    {
        _world.Trace($"client {_number}: the peer has closed");
        _ended.TrySetResult();
    }

    void IConnectionUser.OnAborted()
    {
        _world.Trace($"client {_number}: aborted");
        Why ??= "aborted";
        _ended.TrySetResult();
    }

    /// <summary>What the peer has must be what was sent, from the first byte on.</summary>
    public void JudgePeer()
    {
        byte[] has = Peer?.Received ?? [];
        if (has.Length > _sent)
            Broken.Add($"client {_number}: the peer has {has.Length} bytes, {_sent} were sent");
        for (int i = 0; i < has.Length; i++)
            if (has[i] != Outgoing(_number, i))
            {
                Broken.Add($"client {_number}: the peer's byte {i} is wrong");
                return;
            }
    }

    private void PeerSpeaks()
    {
        InMemoryPeer peer = Peer!;
        for (int left = _world.Draw(9); left > 0; left--)
        {
            _world.Schedule("peer speaks", () =>
            {
                if (peer.IsReset || peer.HostClosed)
                    return;
                if (_world.Draw(60) == 0)
                {
                    peer.Reset();
                    return;
                }

                byte[] data = new byte[1 + _world.Draw(1 + _world.Draw(2000))];
                long from = PeerSaid;
                for (int i = 0; i < data.Length; i++)
                    data[i] = Incoming(_number, from + i);
                PeerSaid += data.Length;
                _world.Trace($"client {_number}: its peer says {data.Length} from {from} on");
                peer.Say(data);
            });
        }
    }

    private long PeerSaid { get; set; }

    private void Send(int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
            data[i] = Outgoing(_number, _sent + i);
        _sent += length;
        long end = _sent;
        int answers = 0;
        _posted++;
        _connection!.Send(data, (_, result) =>
        {
            _answered++;
            if (++answers > 1)
                Broken.Add($"client {_number}: a send was answered {answers} times");
            Note("send", result.Status);
            Acknowledged += result.BytesAcknowledged;
            if (result.Status == NdisStatus.Success && Has < end)
                Broken.Add($"client {_number}: success at {end}, the peer has {Has}");
            if (result.BytesAcknowledged > length)
                Broken.Add($"client {_number}: {result.BytesAcknowledged} of {length} bytes acknowledged");
        }, null);
    }

    private Task<DisconnectResult> DisconnectAsync(DisconnectKind kind)
    {
        var done = new TaskCompletionSource<DisconnectResult>();
        _connection!.Disconnect(kind, default, (_, result) =>
        {
            if (kind == DisconnectKind.Graceful && result.Status == NdisStatus.Success
                && !(Peer!.HostClosed && Has == _sent))
                Broken.Add($"client {_number}: a graceful success, the peer has {Has} of {_sent}");
            Note("disconnect", result.Status);
            if (!done.TrySetResult(result))
                Broken.Add($"client {_number}: a disconnect was answered twice");
        }, null);
        return done.Task;
    }

    private void Note(string what, NdisStatus status)
    {
        _world.Trace($"client {_number}: {what} answered {status}");
        if (status != NdisStatus.Success)
            Why ??= $"{what} {status}";
    }

    private Task NextTurnAsync()
    {
        var turn = new TaskCompletionSource();
        _world.Schedule("client's turn", turn.SetResult);
        return turn.Task;
    }

    private void GiveBackSome()
    {
        while (_lent.Count > 0 && _world.Draw(2) == 0)
        {
            _lent[0].Return();
            _lent.RemoveAt(0);
        }
    }

    private void GiveBackAll()
    {
        _lent.ForEach(static data => data.Return());
        _lent.Clear();
    }
}
