using System.Diagnostics;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress;

/// <summary>Runs the storm and waits for it to be over.</summary>
internal sealed class StressRun(StressOptions options)
{
    private const int OutstandingMax = 50;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private readonly StressCounts _counts = new();
    private readonly Stopwatch _watch = new();

    /// <summary>Runs to the end, prints the verdict.</summary>
    public async Task<ExitCode> RunAsync()
    {
        PeerServer peer = new(options.Seed);
        StressStack stack = await StressStack.StartAsync(options).ConfigureAwait(false);
        var report = new StressReport(options, _counts, stack);
        var budget = new StressBudget(options, _watch);
        StressClient[] clients = [.. Enumerable.Range(0, options.Connections).Select(number => new StressClient(
            _counts, options, peer, stack.Bindings[number % stack.Bindings.Length], number, budget))];
        _watch.Start();
        Task all = Task.WhenAll(clients.Select(client => Task.Run(client.RunAsync)));
        Task<HealingFigures?> healing = HealAsync(stack);
        using var progress = new StressProgress(options, _counts, stack, _watch);
        bool hung = await Task.WhenAny(all, Task.Delay(options.Timeout)).ConfigureAwait(false) != all;
        report.Healing = await healing.ConfigureAwait(false);
        _watch.Stop();
        if (hung)
            report.Hung = [.. clients.SelectMany(client => client.Unanswered()).Take(OutstandingMax)];
        else
            await SettleAsync(stack).ConfigureAwait(false);
        progress.Stop();
        report.Look();
        await stack.DisposeAsync().ConfigureAwait(false);
        await peer.DisposeAsync().ConfigureAwait(false);
        return report.Finish(_watch.Elapsed);
    }

    private async Task<HealingFigures?> HealAsync(StressStack stack) => options.Deaths > 0
        ? await new Healing(options, _counts, stack.Deaths).RunAsync(_watch).ConfigureAwait(false)
        : null;

    /// <summary>The last answers come before the last lists are back in their pools: waits until all is
    /// quiet.</summary>
    internal static async Task SettleAsync(StressStack stack)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < Quiet && (!stack.Chimney.Ledger.PoolBalanced || stack.Chimney.Connections > 0
            || stack.Faults.Open.Count > 0))
            await Task.Delay(10).ConfigureAwait(false);
    }
}
