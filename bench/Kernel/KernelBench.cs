using ChimneyActors.Bench.Measuring;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Bench.Kernel;

/// <summary>Real connections over loopback, ours against what else there is.</summary>
internal static class KernelBench
{
    private const int WarmUp = 128;     // connections that fill the pools first
    private const string Stack = "stack";
    private const string Sleeping = "stack, SpinMax 0";
    private const string Staying = "stack, user on the target's thread";
    private const string Sockets = "sockets of .NET";
    private const string AkkaIo = "Akka.IO";
    private static readonly string[] Rivals = [Sockets, AkkaIo];

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
        Stack => await StackClient.StartAsync(peer, new KernelTargetSettings()).ConfigureAwait(false),
        Sleeping => await StackClient.StartAsync(peer, new KernelTargetSettings { SpinMax = TimeSpan.Zero })
            .ConfigureAwait(false),
        Staying => await StackClient.StartAsync(peer, new KernelTargetSettings(), staysThere: true)
            .ConfigureAwait(false),
        Sockets => new SocketClient(peer),
        _ => new AkkaClient(peer),
    };

    public static string OpenCase(int count) => FormattableString.Invariant($"open {count:N0}, hold them idle");

    public static string StormCase(int count) => FormattableString.Invariant($"disconnect all {count:N0} at once");

    public static string ClosedCase(int count) =>
        FormattableString.Invariant($"disconnect all {count:N0} at once, and be rid of them");

    private static async Task RunAsync(
        BenchOptions options, Action<CaseResult> tell, Peer peer, NativeClient? native)
    {
        foreach (bool reset in (bool[])[false, true])
            if (options.Wants("churn"))
                await ChurnAsync(reset).ConfigureAwait(false);
        if (options.Wants("closing"))
            await ClosingAsync().ConfigureAwait(false);
        foreach (int connections in (int[])[1, 100, 1_000])
            if (options.Wants("reply"))
                await ReplyAsync(connections).ConfigureAwait(false);
        if (options.Wants("bulk"))
            await BulkAsync().ConfigureAwait(false);
        if (options.Wants("crowd"))
            await CrowdAsync().ConfigureAwait(false);

        Task ChurnAsync(bool reset)
        {
            int count = options.Count(10_000, 100);
            string name = $"connect, 1 byte, {(reset ? "RST" : "FIN both ways")}; 64 at a time";
            return ContestAsync(
                async client =>
                {
                    await client.ChurnAsync(WarmUp, 64, reset: false).ConfigureAwait(false);
                    var meter = Meter.Start();
                    await client.ChurnAsync(count, 64, reset).ConfigureAwait(false);
                    return meter.Stop(name, count);
                },
                one => one.RunAsync(reset ? "reset" : "churn", peer.DiscardPort, count, 64, _ => name),
                also: Staying);
        }

        Task ClosingAsync()
        {
            int count = options.Count(10_000, 100);
            return Contest.RunAsync(options, tell,
            [
                .. ((string[])[Stack, Staying]).SelectMany(who => (Contestant[])
                [
                    Contestant.Ours($"{who}, acknowledged disconnect", () => RunOneAsync(who, Ending.Disconnect)),
                    Contestant.Ours($"{who}, the same with the byte", () => RunOneAsync(who, Ending.LastDisconnect)),
                    Contestant.Rival($"{who}, plain close", () => RunOneAsync(who, Ending.PlainClose)),
                ]),
            ]);

            Task<Sample> RunOneAsync(string who, Ending ending) => AloneAsync(who, async client =>
            {
                await client.ChurnAsync(WarmUp, 64, reset: false).ConfigureAwait(false);
                var meter = Meter.Start();
                await ((StackClient)client).CloseManyAsync(count, 64, ending).ConfigureAwait(false);
                return meter.Stop("connect, 1 byte, end it; 64 at a time", count);
            });
        }

        Task ReplyAsync(int connections)
        {
            int count = options.Count(connections == 1 ? 30_000 : 100_000, 1_000);
            string name = FormattableString.Invariant($"64 bytes there and back, connections: {connections:N0}");
            return ContestAsync(
                async client =>
                {
                    await client.OpenAsync(connections, 64, echo: true).ConfigureAwait(false);
                    await client.ReplyAsync(new ReplyRun(connections, 1)).ConfigureAwait(false);
                    var run = new ReplyRun(connections, Math.Max(1, count / connections));
                    var meter = Meter.Start();
                    await client.ReplyAsync(run).ConfigureAwait(false);
                    Sample sample = meter.Stop(name, run.Nanos.Length).WithLatencies(run.Nanos);
                    await client.DisconnectAsync().ConfigureAwait(false);
                    await client.CloseAsync().ConfigureAwait(false);
                    return sample;
                },
                one => one.RunAsync("reply", peer.EchoPort, count, connections, _ => name),
                also: connections == 1 ? Sleeping : null);
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
                new Contestant(Stack, false, () => Crowd.MeasureAsync(Stack, peer, count)),
                .. Rivals.Select(name => new Contestant(name, true, () => Crowd.MeasureAsync(name, peer, count))),
                .. Natives(one => one.RunAsync("crowd", peer.DiscardPort, count, 64, word => word switch
                {
                    "open" => OpenCase(count),
                    "disconnect" => StormCase(count),
                    _ => ClosedCase(count),
                })),
            ]);
        }

        Task ContestAsync(
            Func<IClient, Task<Sample>> run, Func<NativeClient, Task<IReadOnlyList<Sample>>> runNative,
            string? also = null) =>
            Contest.RunAsync(options, tell,
            [
                Contestant.Ours(Stack, () => AloneAsync(Stack, run)),
                .. also is null ? Array.Empty<Contestant>() : [Contestant.Ours(also, () => AloneAsync(also, run))],
                .. Rivals.Select(name => Contestant.Rival(name, () => AloneAsync(name, run))),
                .. Natives(async one =>
                {
                    await SettleAsync().ConfigureAwait(false);
                    return await runNative(one).ConfigureAwait(false);
                }),
            ]);

        // Each for himself: the timers of an actor system wake threads of the pool, which look for work and take the
        // cores of whoever is measured.
        async Task<Sample> AloneAsync(string who, Func<IClient, Task<Sample>> run)
        {
            await SettleAsync().ConfigureAwait(false);
            IClient client = await StartAsync(who, peer).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
                return await run(client).ConfigureAwait(false);
        }

        // Who resets does not wait for the peer: its backlog must not be the next one's burden. A connection through
        // each listener comes behind everything that waits there.
        Task SettleAsync() => new SocketClient(peer).ChurnAsync(Peer.Addresses, Peer.Addresses, reset: false);

        Contestant[] Natives(Func<NativeClient, Task<IReadOnlyList<Sample>>> run) =>
            native is null ? [] : [new Contestant("C epoll", true, () => run(native))];
    }
}
