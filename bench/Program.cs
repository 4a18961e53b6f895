using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Bench;
using ChimneyActors.Embedding;

// messaging: one request down binding -> intermediate -> connection -> target and its completion up, against bare Akka
// actors over the same number of hops, interleaved in one run. Usage: bench messaging [requests] [repetitions]
int requests = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 300_000;
int repetitions = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 7;

using ActorSystem system = ActorSystem.Create("bench", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
await using Chimney chimney = await Chimney.StartAsync(system, stack => stack
    .Miniport("nic0", new InstantTarget()).Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0"));
OffloadedConnection connection =
    await chimney.Binding("tcpip").OffloadAsync(new Socket(SocketType.Stream, ProtocolType.Tcp));
var bare = new BareChain(system, layers: 1);
byte[] data = new byte[64];

foreach (int window in (int[])[1, 64, 1024])
{
    var ours = new List<Figures>();
    var rival = new List<Figures>();
    for (int i = 0; i <= repetitions; i++)
    {
        Figures stack = await RunAsync(window, next => connection.Send(data, (_, _) => next(), null));
        Figures chain = await RunAsync(window, bare.Post);
        if (i == 0)
            continue;   // warm-up
        ours.Add(stack);
        rival.Add(chain);
    }
    Figures our = Median(ours);
    Figures theirs = Median(rival);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{{\"bench\":\"messaging\",\"window\":{window},\"stackNanos\":{our.Nanos:F0},\"stackBytes\":{our.Bytes:F0}," +
        $"\"bareNanos\":{theirs.Nanos:F0},\"bareBytes\":{theirs.Bytes:F0},\"ratio\":{our.Nanos / theirs.Nanos:F2}," +
        $"\"stackPerSecond\":{1e9 / our.Nanos:F0}}}"));
}
await connection.DisposeAsync();
return chimney.Ledger is { PoolBalanced: true, Outstanding: 0 } ? 0 : 1;

async Task<Figures> RunAsync(int window, Action<Action> post)
{
    var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    int left = requests;
    int toPost = requests - window;
    Action? next = null;
    next = () =>
    {
        if (Interlocked.Decrement(ref toPost) >= 0)
            post(next!);
        if (Interlocked.Decrement(ref left) == 0)
            done.SetResult();
    };
    long bytes = GC.GetTotalAllocatedBytes(precise: true);
    long start = Stopwatch.GetTimestamp();
    for (int i = 0; i < window; i++)
        post(next);
    await done.Task;
    double nanos = Stopwatch.GetElapsedTime(start).TotalNanoseconds / requests;
    return new Figures(nanos, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)requests);
}

static Figures Median(List<Figures> runs) => new(
    runs.Select(run => run.Nanos).Order().ElementAt(runs.Count / 2),
    runs.Select(run => run.Bytes).Order().ElementAt(runs.Count / 2));

internal readonly record struct Figures(double Nanos, double Bytes);
