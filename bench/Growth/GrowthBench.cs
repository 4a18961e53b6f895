using System.Globalization;
using System.Text.Json;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Bench.Messaging;
using ChimneyActors.Bench.Reporting;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Bench.Growth;

/// <summary>What a connection, a request, a disconnect and a death cost when there are many connections.</summary>
/// <remarks>Each repetition has a process of its own: what an earlier stack kept and lets go of meanwhile would be
/// counted for, or against, the next.</remarks>
internal static class GrowthBench
{
    /// <summary>Hidden command of the program: who, how many connections, how many requests.</summary>
    public const string Command = "growth-of";

    private const string Stack = "stack";
    private const string Bare = "bare actors";
    private const int WarmUp = 1_000;
    private const int WarmUpRequests = 50_000;

    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell)
    {
        int[] counts = options.IsQuick ? [500] : options.Million ? [1_000_000] : [1_000, 10_000, 100_000];
        foreach (int count in counts)
            if (options.Wants($"{count}"))
                await Contest.RunAsync(options, tell,
                    new Contestant(Stack, false, () => InChildAsync(Stack, options, count)),
                    new Contestant(Bare, true, () => InChildAsync(Bare, options, count))).ConfigureAwait(false);
    }

    /// <summary>The child: what warms it up stays alive to the end, so that nothing of it is let go of
    /// meanwhile.</summary>
    public static async Task<int> RunChildAsync(string[] words)
    {
        int count = int.Parse(words[1], CultureInfo.InvariantCulture);
        int requests = int.Parse(words[2], CultureInfo.InvariantCulture);
        Func<int, int, Task<Crew>> run = words[0] == Stack ? OursAsync : BareCrowd.RunAsync;
        Crew warm = await run(Math.Min(WarmUp, count), Math.Min(WarmUpRequests, requests)).ConfigureAwait(false);
        Crew measured = await run(count, requests).ConfigureAwait(false);
        Console.WriteLine(JsonSerializer.Serialize(measured.Samples, ResultOutput.Json));
        await measured.Owner.DisposeAsync().ConfigureAwait(false);
        await warm.Owner.DisposeAsync().ConfigureAwait(false);
        return 0;
    }

    /// <summary>Names of the cases, the same for all contestants.</summary>
    public static string Case(string what, int count) => FormattableString.Invariant($"{what}, {count:N0} connections");

    /// <summary>How many deaths are measured.</summary>
    public static int Deaths(int count) => Math.Min(1_000, count / 2);

    private static async Task<IReadOnlyList<Sample>> InChildAsync(string who, BenchOptions options, int count)
    {
        int requests = Math.Max(count, options.Count(200_000, 1_000));
        using Child child = Child.StartSelf(Command, who, $"{count}", $"{requests}");
        string output = await child.FinishAsync($"the growth of {who}").ConfigureAwait(false);
        return JsonSerializer.Deserialize<Sample[]>(output, ResultOutput.Json)!;
    }

    private static async Task<Crew> OursAsync(int count, int requests)
    {
        var plan = new DeathPlan();
        BenchStack stack = await BenchStack.StartAsync(layers: 1, plan).ConfigureAwait(false);
        var samples = new List<Sample>();
        var before = MemoryUse.Now();
        var meter = Meter.Start();
        await stack.OpenAsync(count).ConfigureAwait(false);
        samples.Add(before.Since(meter.Stop(Case("open", count), count), count));

        Lane[] lanes = StackLanes.Make(Height.Callbacks, stack.Connections, Math.Min(count, 65_536), 1);
        samples.Add(await BenchStack.MeasureAsync(Case("request", count), lanes, requests).ConfigureAwait(false));
        samples.Add(await DieAsync(stack, plan, count).ConfigureAwait(false));
        samples.Add(await DieAboveAsync(stack, plan, count).ConfigureAwait(false));
        samples.AddRange(await EndAsync(stack, count).ConfigureAwait(false));
        return new Crew(samples, stack);
    }

    /// <summary>The storm: all disconnect at once. Then all are terminated, which ends their actors.</summary>
    private static async Task<Sample[]> EndAsync(BenchStack stack, int count)
    {
        OffloadedConnection[] living = [.. stack.Connections.Skip(Deaths(count)).Take(count / 2)];
        var all = new Countdown(living.Length);
        var meter = Meter.Start();
        foreach (OffloadedConnection one in living)
            one.Disconnect(DisconnectKind.Graceful, default, (_, _) => all.Signal(), null);
        await all.Done.ConfigureAwait(false);
        Sample disconnect = meter.Stop(Case("disconnect, all at once", count), living.Length);
        meter = Meter.Start();
        await Task.WhenAll(living.Select(one => one.DisposeAsync().AsTask())).ConfigureAwait(false);
        return [disconnect, meter.Stop(Case("end, all at once", count), living.Length)];
    }

    /// <summary>Each request kills the actor of its connection, and is answered all the same.</summary>
    private static async Task<Sample> DieAsync(BenchStack stack, DeathPlan plan, int count)
    {
        int deaths = Deaths(count);
        OffloadedConnection[] doomed = stack.Connections[..deaths];
        plan.Doom(doomed.Select(one => $"connection-{one.Handle}"));
        var all = new Countdown(deaths);
        var meter = Meter.Start();
        foreach (OffloadedConnection one in doomed)
            one.Send(new byte[1], (_, _) => all.Signal(), null);
        await all.Done.ConfigureAwait(false);
        return meter.Stop(Case("death of a connection's actor", count), deaths);
    }

    /// <summary>A request kills the intermediate driver, and is answered all the same; then the next one must be in its
    /// place before the next request.</summary>
    private static async Task<Sample> DieAboveAsync(BenchStack stack, DeathPlan plan, int count)
    {
        const int deaths = 20;
        OffloadedConnection[] last = stack.Connections[^deaths..];
        var meter = Meter.Start();
        foreach (OffloadedConnection one in last)
        {
            plan.Doom(["mux0"]);
            await one.SendAsync(new byte[1]).ConfigureAwait(false);
            var mux = one.Core.Entry!.Below(one.Core.Binding)!;
            while (mux.Current is null)
                await Task.Yield();
        }
        return meter.Stop(Case("death of the intermediate driver", count), deaths);
    }
}

/// <summary>What was measured, and who must be kept alive until all is.</summary>
internal sealed record Crew(IReadOnlyList<Sample> Samples, IAsyncDisposable Owner);
