using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Messaging;

/// <summary>What one request through the stack costs, over windows, connections, chains and layers.</summary>
internal static class MessagingBench
{
    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell)
    {
        if (options.Wants("windows"))
            foreach (int window in (int[])[1, 64, 1024])
                await RunAsync(options, tell, new Plan($"window {window}") { Window = window }).ConfigureAwait(false);
        if (options.Wants("custody"))
            await RunAsync(options, tell, new Plan("window 64, and the promise alone")
            {
                Window = 64,
                Heights = [Height.Messages],
                Promise = new BareCustody(64),
            }).ConfigureAwait(false);
        if (options.Wants("connections"))
            foreach (int each in (int[])[1, 8])
                await RunAsync(options, tell, new Plan($"1,000 connections, window {each} each")
                {
                    Connections = 1000,
                    Window = 1000 * each,
                }).ConfigureAwait(false);
        if (options.Wants("chains"))
            foreach (int chain in (int[])[1, 8, 32, 128])
                await RunAsync(options, tell, new Plan($"chains of {chain}, window 64")
                {
                    Window = 64,
                    Chain = chain,
                    Heights = [Height.Tasks, Height.Messages],
                }).ConfigureAwait(false);
        if (options.Wants("layers"))
            foreach (int layers in (int[])[0, 1, 2, 3, 4])
                await RunAsync(options, tell, new Plan($"{layers} intermediate drivers, window 64")
                {
                    Window = 64,
                    Layers = layers,
                    Heights = [Height.Messages],
                }).ConfigureAwait(false);
    }

    private static async Task RunAsync(BenchOptions options, Action<CaseResult> tell, Plan plan)
    {
        BenchStack stack = await BenchStack.StartAsync(plan.Layers).ConfigureAwait(false);
        await using (stack.ConfigureAwait(false))
        {
            await stack.OpenAsync(plan.Connections).ConfigureAwait(false);
            long requests = Math.Max(plan.Window, options.Count(300_000, 2_000) / plan.Chain);
            Contestant[] all =
            [
                .. plan.Heights.Select(height => Contestant.Ours($"stack, {Name(height)}", () =>
                    BenchStack.MeasureAsync(plan.Name,
                        StackLanes.Make(height, stack.Connections, plan.Window, plan.Chain), requests, plan.Chain))),
                .. plan.Promise is { } promise
                    ? [Contestant.Rival("custody, gate and checks alone",
                        () => promise.MeasureAsync(plan.Name, requests))]
                    : Array.Empty<Contestant>(),
                Rival("bare actors", null),
                .. stack.OwnDispatcher is { } own ? [Rival("bare actors, dispatcher of the stack", own)]
                    : Array.Empty<Contestant>(),
            ];
            await Contest.RunAsync(options, tell, all).ConfigureAwait(false);

            Contestant Rival(string name, string? dispatcher)
            {
                var bare = new BareChain(stack.System, plan.Layers,
                    BareChain.Bottoms(stack.System, plan.Connections, dispatcher), dispatcher);
                return Contestant.Rival(name, () => BenchStack.MeasureAsync(
                    plan.Name, bare.Lanes(plan.Window, plan.Chain), requests, plan.Chain));
            }
        }
    }

    private static string Name(Height height) => height switch
    {
        Height.Tasks => "tasks",
        Height.Callbacks => "callbacks",
        _ => "messages",
    };

    private sealed record Plan(string Name)
    {
        public int Window { get; init; } = 1;

        public int Connections { get; init; } = 1;

        public int Chain { get; init; } = 1;

        public int Layers { get; init; } = 1;

        public BareCustody? Promise { get; init; }

        public Height[] Heights { get; init; } = [Height.Tasks, Height.Callbacks, Height.Messages];
    }
}
