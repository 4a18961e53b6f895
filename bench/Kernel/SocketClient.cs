using System.Diagnostics;
using System.Net.Sockets;

namespace ChimneyActors.Bench.Kernel;

/// <summary>The rival: the framework's sockets, used as its documentation says.</summary>
internal sealed class SocketClient(Peer peer) : IClient
{
    private static readonly byte[] Write = new byte[65536];
    private Socket[] _open = [];

    public Task ChurnAsync(int count, int slots, bool reset) => Slots.RunAsync(count, slots, async _ =>
    {
        using Socket socket = await peer.ConnectAsync(echo: false).ConfigureAwait(false);
        await socket.SendAsync(Write.AsMemory(0, 1)).ConfigureAwait(false);
        if (reset)
            socket.LingerState = new LingerOption(true, 0);
        else
            await EndAsync(socket).ConfigureAwait(false);
    });

    public async Task OpenAsync(int count, int slots, bool echo)
    {
        var open = new Socket[count];
        await Slots.RunAsync(count, slots, async index =>
            open[index] = await peer.ConnectAsync(echo).ConfigureAwait(false)).ConfigureAwait(false);
        _open = open;
    }

    public Task ReplyAsync(ReplyRun run) => Task.WhenAll(_open.Select(async socket =>
    {
        byte[] buffer = new byte[ReplyRun.Bytes];
        for (int i = 0; i < run.Each; i++)
        {
            long since = Stopwatch.GetTimestamp();
            await socket.SendAsync(Write.AsMemory(0, ReplyRun.Bytes)).ConfigureAwait(false);
            for (int got = 0; got < ReplyRun.Bytes;)
                got += await socket.ReceiveAsync(buffer.AsMemory(got)).ConfigureAwait(false);
            run.Add(since);
        }
    }));

    public Task WriteAsync(int each) => Task.WhenAll(_open.Select(async socket =>
    {
        for (int i = 0; i < each; i++)
            for (int sent = 0; sent < Write.Length;)
                sent += await socket.SendAsync(Write.AsMemory(sent)).ConfigureAwait(false);
        await EndAsync(socket).ConfigureAwait(false);
        socket.Dispose();
    }));

    public Task DisconnectAsync() => Task.WhenAll(_open.Select(EndAsync));

    public Task CloseAsync()
    {
        foreach (Socket socket in _open)
            socket.Dispose();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => default;

    private static async Task EndAsync(Socket socket)
    {
        byte[] rest = new byte[1];
        socket.Shutdown(SocketShutdown.Send);
        await socket.ReceiveAsync(rest).ConfigureAwait(false);
    }
}
