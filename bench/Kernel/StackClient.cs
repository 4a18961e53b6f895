using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Bench.Messaging;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Bench.Kernel;

/// <summary>How a connection ends after its byte.</summary>
internal enum Ending
{
    /// <summary>The byte is sent; the socket is taken back and closed, and nobody knows.</summary>
    PlainClose,

    /// <summary>The byte is sent, then a graceful disconnect says when the peer has the FIN.</summary>
    Disconnect,

    /// <summary>The graceful disconnect carries the byte.</summary>
    LastDisconnect,
}

/// <summary>Ours: each connection is offloaded to the kernel target, below an intermediate driver.</summary>
internal sealed class StackClient : IClient
{
    private const int WritesUnderWay = 8;
    private static readonly byte[] Write = new byte[65536];
    private readonly Peer _peer;
    private readonly ActorSystem _system;
    private readonly Chimney _chimney;
    private readonly Func<IPEndPoint, Task<Socket>> _connect;
    private Connection[] _open = [];

    /// <summary>A client over any stack with a binding tcpip.</summary>
    /// <param name="peer">The other side.</param>
    /// <param name="system">Ends with the client.</param>
    /// <param name="chimney">The stack; ends with the client.</param>
    /// <param name="connect">Connects as the target of the stack wants it.</param>
    public StackClient(Peer peer, ActorSystem system, Chimney chimney, Func<IPEndPoint, Task<Socket>> connect) =>
        (_peer, _system, _chimney, _connect) = (peer, system, chimney, connect);

    /// <param name="peer">Whom it speaks to.</param>
    /// <param name="settings">Of its target, but for the number of connections.</param>
    /// <param name="staysThere">Whether what stands behind an await runs on the target's thread.</param>
    public static async Task<StackClient> StartAsync(
        Peer peer, KernelTargetSettings settings, bool staysThere = false)
    {
        var system = ActorSystem.Create("bench", ConfigurationFactory.ParseString(
            $"akka.loglevel = WARNING, chimney.continue-on-target-thread = {(staysThere ? "on" : "off")}"));
        var target = new KernelTarget(settings with { ConnectionsMax = 1_000_000 });
        Chimney chimney = await Chimney.StartAsync(system, stack => stack
            .Miniport("nic0", target)
            .Intermediate("mux0", over: "nic0")
            .Binding("tcpip", over: "mux0")).ConfigureAwait(false);
        return new StackClient(peer, system, chimney, async to =>
        {
            Socket socket = await target.ConnectAsync(to).ConfigureAwait(false);
            socket.NoDelay = true;
            return socket;
        });
    }

    public Task ChurnAsync(int count, int slots, bool reset) => Slots.RunAsync(count, slots, async _ =>
    {
        Connection one = await ConnectAsync(echo: false).ConfigureAwait(false);
        if (reset)
        {
            await one.Offloaded.SendAsync(Write.AsMemory(0, 1)).ConfigureAwait(false);
            await one.Offloaded.DisconnectAsync(DisconnectKind.Abortive).ConfigureAwait(false);
            await one.ReleaseAsync().ConfigureAwait(false);
        }
        else
        {
            await one.EndAsync(Write.AsMemory(0, 1)).ConfigureAwait(false);
        }
    });

    /// <summary>One byte that arrives, and the end of it.</summary>
    /// <param name="count">Connections.</param>
    /// <param name="slots">So many at a time.</param>
    /// <param name="ending">How each ends.</param>
    public Task CloseManyAsync(int count, int slots, Ending ending) => Slots.RunAsync(count, slots, async _ =>
    {
        Connection one = await ConnectAsync(echo: false).ConfigureAwait(false);
        if (ending != Ending.LastDisconnect)
            await one.Offloaded.SendAsync(Write.AsMemory(0, 1)).ConfigureAwait(false);
        if (ending != Ending.PlainClose)
            await one.DisconnectAsync(Write.AsMemory(0, ending == Ending.LastDisconnect ? 1 : 0)).ConfigureAwait(false);
        UploadResult back = await one.Offloaded.UploadAsync().ConfigureAwait(false);
        back.Socket!.Dispose();
    });

    public async Task OpenAsync(int count, int slots, bool echo)
    {
        var open = new Connection[count];
        await Slots.RunAsync(count, slots, async index =>
            open[index] = await ConnectAsync(echo).ConfigureAwait(false)).ConfigureAwait(false);
        _open = open;
    }

    public Task ReplyAsync(ReplyRun run)
    {
        foreach (Connection one in _open)
            one.Ask(run);
        return run.All.Done;
    }

    public Task WriteAsync(int each) => Task.WhenAll(_open.Select(async one =>
    {
        // A send ends when the peer acknowledged it: without some under way the wire would stand still.
        await Slots.RunAsync(each, WritesUnderWay, _ => one.Offloaded.SendAsync(Write).AsTask()).ConfigureAwait(false);
        await one.EndAsync(default).ConfigureAwait(false);
    }));

    public Task DisconnectAsync()
    {
        var all = new Countdown(_open.Length);
        foreach (Connection one in _open)
            one.Offloaded.Disconnect(DisconnectKind.Graceful, default, static (all, end) =>
            {
                if (end.Status != NdisStatus.Success)
                    Environment.FailFast($"a disconnect ended with {end.Status}");
                ((Countdown)all!).Signal();
            }, all);
        return all.Done;
    }

    public Task CloseAsync() => Task.WhenAll(_open.Select(one => one.CloseAsync()));

    public async ValueTask DisposeAsync()
    {
        LedgerSnapshot ledger = _chimney.Ledger;
        await _chimney.DisposeAsync().ConfigureAwait(false);
        await _system.Terminate().ConfigureAwait(false);
        if (ledger is not { PoolBalanced: true, Outstanding: 0, Violations: 0 })
            throw new InvalidOperationException($"the ledger does not balance: {ledger}");
    }

    private async Task<Connection> ConnectAsync(bool echo)
    {
        Socket socket = await _connect(_peer.Next(echo)).ConfigureAwait(false);
        var one = new Connection(socket);
        one.Offloaded = await _chimney.Binding("tcpip").OffloadAsync(socket, one).ConfigureAwait(false);
        return one;
    }

    private sealed class Connection(Socket socket) : IConnectionUser
    {
        private ReplyRun? _run;
        private int _left;
        private int _got;
        private long _since;

        public OffloadedConnection Offloaded { get; set; } = null!;

        public void Ask(ReplyRun run)
        {
            (_run, _left) = (run, run.Each);
            Ask();
        }

        public void OnReceived(ReceivedData data)
        {
            _got += data.Memory.Length;
            data.Return();
            if (_got < ReplyRun.Bytes)
                return;
            _run!.Add(_since);
            if (--_left > 0)
                Ask();
            else
                _run.All.Signal();
        }

        public void OnPeerClosed()
        {
        }

        public void OnAborted()
        {
        }

        public async Task EndAsync(ReadOnlyMemory<byte> last)
        {
            await DisconnectAsync(last).ConfigureAwait(false);
            await CloseAsync().ConfigureAwait(false);
        }

        public async Task DisconnectAsync(ReadOnlyMemory<byte> last)
        {
            DisconnectResult end = await Offloaded.DisconnectAsync(DisconnectKind.Graceful, last).ConfigureAwait(false);
            if (end.Status != NdisStatus.Success)
                throw new InvalidOperationException($"a disconnect ended with {end.Status}");
        }

        public async Task CloseAsync()
        {
            await Task.WhenAny(Offloaded.PeerClosed, Offloaded.Aborted).ConfigureAwait(false);
            await ReleaseAsync().ConfigureAwait(false);
        }

        public async Task ReleaseAsync()
        {
            await Offloaded.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
        }

        private void Ask()
        {
            _got = 0;
            _since = Stopwatch.GetTimestamp();
            Offloaded.Send(Write.AsMemory(0, ReplyRun.Bytes), static (_, _) => { }, null);
        }
    }
}
