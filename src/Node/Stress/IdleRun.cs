using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress;

/// <summary>What idle connections cost.</summary>
/// <param name="ManagedBytes">Managed heap for each, offloaded, beyond its plain socket.</param>
/// <param name="ResidentBytes">Working set for each, offloaded, beyond its plain socket.</param>
/// <param name="OffloadSeconds">To offload them all.</param>
/// <param name="DisconnectSeconds">To disconnect them all at once, to the last acknowledgement.</param>
internal sealed record IdleFigures(
    long ManagedBytes, long ResidentBytes, double OffloadSeconds, double DisconnectSeconds)
{
    /// <summary>As rows of a table.</summary>
    public void AddTo(Action<string, string> row)
    {
        row("memory of an idle connection: managed, resident (bytes)", $"{ManagedBytes}, {ResidentBytes}");
        row("all offloaded, all disconnected (s)",
            string.Create(CultureInfo.InvariantCulture, $"{OffloadSeconds:0.00}, {DisconnectSeconds:0.00}"));
    }
}

/// <summary>Holds many idle connections, then disconnects them all at once.</summary>
internal sealed class IdleRun(StressOptions options)
{
    private readonly StressCounts _counts = new();

    /// <summary>Runs to the end, prints the verdict.</summary>
    public async Task<ExitCode> RunAsync()
    {
        var total = Stopwatch.StartNew();
        PeerServer peer = new(options.Seed);
        StressStack stack = await StressStack.StartAsync(options).ConfigureAwait(false);
        var report = new StressReport(options, _counts, stack);
        Task<IdleFigures> all = HoldAsync(peer, stack);
        if (await Task.WhenAny(all, Task.Delay(options.Timeout)).ConfigureAwait(false) == all)
        {
            report.Idle = await all.ConfigureAwait(false);
            await StressRun.SettleAsync(stack).ConfigureAwait(false);
        }
        else
        {
            report.Hung = [];
        }
        report.Look();
        await stack.DisposeAsync().ConfigureAwait(false);
        await peer.DisposeAsync().ConfigureAwait(false);
        return report.Finish(total.Elapsed);
    }

    private async Task<IdleFigures> HoldAsync(PeerServer peer, StressStack stack)
    {
        Socket[] sockets = new Socket[options.Idle];
        for (int number = 0; number < sockets.Length; number++)
            sockets[number] = await StressClient.ConnectAsync(peer, number).ConfigureAwait(false);
        while (peer.Connections < sockets.Length)
            await Task.Delay(10).ConfigureAwait(false);
        (long managed, long resident) = Memory();
        var offloading = Stopwatch.StartNew();
        IdleConnection[] held = await Task.WhenAll(sockets.Select((socket, number) => IdleConnection.OpenAsync(
            stack.Bindings[number % stack.Bindings.Length], socket))).ConfigureAwait(false);
        offloading.Stop();
        (long managedHeld, long residentHeld) = Memory();
        Console.Out.WriteLine($"{stack.Chimney.Connections} idle connections are offloaded");
        var disconnecting = Stopwatch.StartNew();
        DisconnectResult[] ends = await Task.WhenAll(held.Select(one => one.DisconnectAsync(_counts)))
            .ConfigureAwait(false);
        disconnecting.Stop();
        int failed = ends.Count(end => end.Status != NdisStatus.Success);
        if (failed > 0)
            _counts.Break($"{failed} of {ends.Length} disconnects did not end with Success");
        await Task.WhenAll(held.Select(one => one.CloseAsync())).ConfigureAwait(false);
        _counts.CountDoubled(held.Sum(one => Math.Max(0, one.Answers - 1)));
        foreach (Socket socket in sockets)
            socket.Dispose();
        return new IdleFigures(
            (managedHeld - managed) / sockets.Length, (residentHeld - resident) / sockets.Length,
            offloading.Elapsed.TotalSeconds, disconnecting.Elapsed.TotalSeconds);
    }

    private static (long Managed, long Resident) Memory()
    {
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        using var self = Process.GetCurrentProcess();
        return (managed, self.WorkingSet64);
    }

    private sealed class IdleConnection : IConnectionUser
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ResilientConnection _connection = null!;
        private int _answers;

        public int Answers => Volatile.Read(ref _answers);

        public static async Task<IdleConnection> OpenAsync(Binding binding, Socket socket)
        {
            var idle = new IdleConnection();
            idle._connection = await ResilientConnection.OpenAsync(binding, socket, idle).ConfigureAwait(false);
            return idle;
        }

        public Task<DisconnectResult> DisconnectAsync(StressCounts counts)
        {
            var done = new TaskCompletionSource<DisconnectResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            long posted = Stopwatch.GetTimestamp();
            counts.CountPosted();
            _connection.Disconnect(DisconnectKind.Graceful, default, (_, result) =>
            {
                if (Interlocked.Increment(ref _answers) == 1)
                    counts.CountCompleted(result.Status == NdisStatus.Success, Stopwatch.GetElapsedTime(posted));
                done.TrySetResult(result);
            }, null);
            return done.Task;
        }

        public async Task CloseAsync()
        {
            await _closed.Task.ConfigureAwait(false);
            await _connection.CloseAsync().ConfigureAwait(false);
        }

        public void OnReceived(ReceivedData data) => data.Return();

        public void OnPeerClosed() => _closed.TrySetResult();

        public void OnAborted() => _closed.TrySetResult();
    }
}
