using ChimneyActors.Bench.Cluster;
using ChimneyActors.Bench.Growth;
using ChimneyActors.Bench.Kernel;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Bench.Messaging;
using ChimneyActors.Bench.Relay;
using ChimneyActors.Bench.Reporting;

// One command for each benchmark: bench NAME [--quick] [--repetitions N] [--only TEXT] [--json FILE] [--million]
(string Name, string What, Func<BenchOptions, Action<CaseResult>, Task> RunAsync)[] benches =
[
    ("messaging", "one request through the stack and back, against bare actors", MessagingBench.RunAsync),
    ("growth", "cost and memory with many connections, against bare actors", GrowthBench.RunAsync),
    ("kernel", "real sockets, against the framework's, Akka.IO and C", KernelBench.RunAsync),
    ("relay", "the relay, against haproxy, nginx and a plain one", RelayBench.RunAsync),
    ("cluster", "an adapter in another process, against one process and bare Akka.Remote", LinkBench.RunAsync),
];
try
{
    return await RunAsync(args.Length > 0 ? args[0] : "list");
}
catch (BenchException exception)
{
    Console.Error.WriteLine($"bench: {exception.Message}");
    return 2;
}

async Task<int> RunAsync(string name)
{
    switch (name)
    {
        case "list":
            foreach ((string bench, string what, _) in benches)
                Console.WriteLine($"{bench,-10} {what}");
            Console.WriteLine("all        all of these");
            Console.WriteLine("report     docs/performance.md out of the FILE of --json: bench report FILE");
            Console.WriteLine("options    --quick --repetitions N --only TEXT --json FILE --million (growth)");
            return 0;
        case "report":
            Report.Write(args.Length > 1 ? args[1] : throw new BenchException("bench report FILE"), Console.Out);
            return 0;
        case GrowthBench.Command:
            return await GrowthBench.RunChildAsync(args[1..]);
        case Crowd.Command:
            return await Crowd.RunAsync(args[1..]);
        case SocketPeer.Command:
            return await SocketPeer.RunAsync();
        case AdapterPeer.Command:
            return await AdapterPeer.RunAsync(args[1]);
        case SocketRelay.Command:
            return await SocketRelay.RunAsync(args[1..]);
        default:
            var chosen = benches.Where(bench => name == "all" || bench.Name == name).ToArray();
            if (chosen.Length == 0)
                throw new BenchException($"there is no benchmark '{name}'; see bench list");
            var ran = new List<BenchOptions>();
            foreach (var bench in chosen)
            {
                BenchOptions options = BenchOptions.Parse(bench.Name, args.AsSpan(1));
                await bench.RunAsync(options, new ResultOutput(options).Tell);
                ran.Add(options);
            }
            if (!ran.Exists(options => options.HasWanted))
                throw new BenchException($"--only '{ran[0].Only}' fits nothing; there are "
                    + string.Join("; ", ran.Select(bench => $"{bench.Bench}: {string.Join(", ", bench.Groups)}")));
            return 0;
    }
}
