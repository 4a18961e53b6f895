using ChimneyActors.Bench.Measuring;
using ChimneyActors.Bench.Messaging;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Bench.Growth;

/// <summary>What a connection, a request, a disconnect and a death cost when there are many connections.</summary>
internal static class GrowthBench
{
    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell)
    {
        int[] counts = options.IsQuick ? [500] : options.Million ? [1_000_000] : [1_000, 10_000, 100_000];
        foreach (int count in counts)
            if (options.Wants($"{count}"))
                await Contest.RunAsync(options, tell,
                    new Contestant("stack", false, () => OursAsync(options, count)),
                    new Contestant("bare actors", true, () => BareCrowd.RunAsync(options, count)))
                    .ConfigureAwait(false);
    }

    /// <summary>Names of the cases, the same for all contestants.</summary>
    public static string Case(string what, int count) => FormattableString.Invariant($"{what}, {count:N0} connections");

    /// <summary>How many requests are sent: each connection gets at least one.</summary>
    public static int Requests(BenchOptions options, int count) => Math.Max(count, options.Count(200_000, 1_000));

    /// <summary>How many deaths are measured.</summary>
    public static int Deaths(int count) => Math.Min(1_000, count / 2);

    private static async Task<IReadOnlyList<Sample>> OursAsync(BenchOptions options, int count)
    {
        var plan = new DeathPlan();
        BenchStack stack = await BenchStack.StartAsync(layers: 1, plan).ConfigureAwait(false);
        await using (stack.ConfigureAwait(false))
        {
            var samples = new List<Sample>();
            long before = GC.GetTotalMemory(forceFullCollection: true);
            var meter = Meter.Start();
            await stack.OpenAsync(count).ConfigureAwait(false);
            Sample opened = meter.Stop(Case("open", count), count);
            long after = GC.GetTotalMemory(forceFullCollection: true);
            samples.Add(opened.With(Metric.ManagedBytes, (after - before) / (double)count));

            Lane[] lanes = StackLanes.Make(Height.Callbacks, stack.Connections, Math.Min(count, 65_536), 1);
            samples.Add(await BenchStack.MeasureAsync(Case("request", count), lanes, Requests(options, count))
                .ConfigureAwait(false));

            samples.Add(await DieAsync(stack, plan, count).ConfigureAwait(false));
            samples.Add(await DieAboveAsync(stack, plan, count).ConfigureAwait(false));

            OffloadedConnection[] living = [.. stack.Connections.Skip(Deaths(count)).Take(count / 2)];
            meter = Meter.Start();
            var all = new Countdown(living.Length);
            foreach (OffloadedConnection one in living)
                one.Disconnect(DisconnectKind.Graceful, default, (_, _) => all.Signal(), null);
            await all.Done.ConfigureAwait(false);
            samples.Add(meter.Stop(Case("disconnect, all at once", count), living.Length));
            return samples;
        }
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
