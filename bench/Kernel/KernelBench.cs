using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Kernel;

/// <summary>Real connections over loopback, ours against what else there is.</summary>
internal static class KernelBench
{
    private const string Stack = "stack";
    private const string Sockets = "sockets of .NET";
    private const string AkkaIo = "Akka.IO";

    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            string? server = await Native.CompileAsync("server", folder.FullName).ConfigureAwait(false);
            string? client = await Native.CompileAsync("client", folder.FullName).ConfigureAwait(false);
            using Child process = server is null ? Child.StartSelf(SocketPeer.Command) : Child.Start(server);
            Peer peer = await Peer.OfAsync(process).ConfigureAwait(false);
            await RunAsync(options, tell, peer, client is null ? null : new NativeClient(client)).ConfigureAwait(false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A client by its name in the tables.</summary>
    public static async Task<IClient> StartAsync(string name, Peer peer) => name switch
    {
        Stack => await StackClient.StartAsync(peer).ConfigureAwait(false),
        Sockets => new SocketClient(peer),
        _ => new AkkaClient(peer),
    };

    public static string OpenCase(int count) => FormattableString.Invariant($"open {count:N0}, hold them idle");

    public static string StormCase(int count) => FormattableString.Invariant($"disconnect all {count:N0} at once");

    private static async Task RunAsync(
        BenchOptions options, Action<CaseResult> tell, Peer peer, NativeClient? native)
    {
        var clients = new Dictionary<string, IClient>();
        foreach (string name in (string[])[Stack, Sockets, AkkaIo])
            clients.Add(name, await StartAsync(name, peer).ConfigureAwait(false));

        foreach (bool reset in (bool[])[false, true])
            if (options.Wants("churn"))
                await ChurnAsync(reset).ConfigureAwait(false);
        foreach (int connections in (int[])[1, 100, 1_000])
            if (options.Wants("reply"))
                await ReplyAsync(connections).ConfigureAwait(false);
        if (options.Wants("bulk"))
            await BulkAsync().ConfigureAwait(false);
        if (options.Wants("crowd"))
            await CrowdAsync().ConfigureAwait(false);

        foreach (IClient client in clients.Values)
            await client.DisposeAsync().ConfigureAwait(false);

        Task ChurnAsync(bool reset)
        {
            int count = options.Count(10_000, 100);
            string name = $"connect, 1 byte, {(reset ? "RST" : "FIN both ways")}; 64 at a time";
            return ContestAsync(
                async client =>
                {
                    var meter = Meter.Start();
                    await client.ChurnAsync(count, 64, reset).ConfigureAwait(false);
                    return meter.Stop(name, count);
                },
                one => one.RunAsync(reset ? "reset" : "churn", peer.DiscardPort, count, 64, _ => name));
        }

        Task ReplyAsync(int connections)
        {
            int count = options.Count(connections == 1 ? 30_000 : 100_000, 1_000);
            string name = FormattableString.Invariant($"64 bytes there and back, connections: {connections:N0}");
            return ContestAsync(
                async client =>
                {
                    await client.OpenAsync(connections, 64, echo: true).ConfigureAwait(false);
                    var run = new ReplyRun(connections, Math.Max(1, count / connections));
                    var meter = Meter.Start();
                    await client.ReplyAsync(run).ConfigureAwait(false);
                    Sample sample = meter.Stop(name, run.Nanos.Length).WithLatencies(run.Nanos);
                    await client.DisconnectAsync().ConfigureAwait(false);
                    return sample;
                },
                one => one.RunAsync("reply", peer.EchoPort, count, connections, _ => name));
        }

        Task BulkAsync()
        {
            int count = options.Count(8_000, 40);
            const string name = "writes of 64 KiB, 4 connections";
            return ContestAsync(
                async client =>
                {
                    await client.OpenAsync(4, 4, echo: false).ConfigureAwait(false);
                    var meter = Meter.Start();
                    await client.WriteAsync(count / 4).ConfigureAwait(false);
                    return meter.Stop(name, count);
                },
                one => one.RunAsync("bulk", peer.DiscardPort, count, 4, _ => name));
        }

        Task CrowdAsync()
        {
            int count = options.Count(10_000, 100);
            return Contest.RunAsync(options, tell,
            [
                .. clients.Keys.Select(name =>
                    new Contestant(name, name != Stack, () => Crowd.MeasureAsync(name, peer, count))),
                .. Natives(one => one.RunAsync("crowd", peer.DiscardPort, count, 64,
                    word => word == "open" ? OpenCase(count) : StormCase(count))),
            ]);
        }

        Task ContestAsync(
            Func<IClient, Task<Sample>> run, Func<NativeClient, Task<IReadOnlyList<Sample>>> runNative) =>
            Contest.RunAsync(options, tell,
            [
                .. clients.Select(one => new Contestant(one.Key, one.Key != Stack, async () =>
                {
                    await SettleAsync().ConfigureAwait(false);
                    return [await run(one.Value).ConfigureAwait(false)];
                })),
                .. Natives(async one =>
                {
                    await SettleAsync().ConfigureAwait(false);
                    return await runNative(one).ConfigureAwait(false);
                }),
            ]);

        // Who resets does not wait for the peer: its backlog must not be the next one's burden. A connection through
        // each listener comes behind everything that waits there.
        Task SettleAsync() => clients[Sockets].ChurnAsync(Peer.Addresses, Peer.Addresses, reset: false);

        Contestant[] Natives(Func<NativeClient, Task<IReadOnlyList<Sample>>> run) =>
            native is null ? [] : [new Contestant("C epoll", true, () => run(native))];
    }
}
