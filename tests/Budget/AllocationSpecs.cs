using System.Globalization;
using System.Reflection;
using System.Text.Json;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Budget;

/// <summary>What a request may allocate, to the byte. The budgets stand in budgets.json: bytes for one buffer list, by
/// the height at which it is sent and the length of the chain it is sent in.</summary>
/// <remarks>A project of its own, because the runtime counts what a whole process allocates: nothing else may run
/// beside it.</remarks>
public sealed class AllocationSpecs
{
    private const int Window = 64;
    private const int Requests = 80_000;
    private const int RunsMax = 20;

    /// <summary>What the runtime and Akka's timer do meanwhile, spread over all requests.</summary>
    private const double Tolerance = 0.5;

    private static readonly Dictionary<string, Dictionary<string, double>> Budgets = Read();

    public static TheoryData<string, int, double> Cases()
    {
        var cases = new TheoryData<string, int, double>();
        foreach ((string height, Dictionary<string, double> budgets) in Budgets)
            foreach ((string chain, double budget) in budgets)
                cases.Add(height, int.Parse(chain, CultureInfo.InvariantCulture), budget);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_buffer_list_allocates_no_more_than_its_budget(string height, int chain, double budget)
    {
        BenchStack stack = await BenchStack.StartAsync(layers: 1);
        await using (stack)
        {
            await stack.OpenAsync(1);
            Lane[] lanes = StackLanes.Make(
                Enum.Parse<Height>(height, ignoreCase: true), stack.Connections, Window, chain);
            await BenchStack.MeasureAsync("warm-up", lanes, Requests / chain, chain);

            // What timers and the machine allocate meanwhile only adds, and on a crowded machine a run takes long: the
            // least of many is the request's own.
            double least = double.MaxValue;
            for (int run = 0; run < RunsMax && least > budget + Tolerance; run++)
            {
                Sample sample = await BenchStack.MeasureAsync("run", lanes, Requests / chain, chain);
                least = Math.Min(least, sample.Find(Metric.Bytes)!.Value);
            }

            least.ShouldBeLessThanOrEqualTo(budget + Tolerance,
                "a request allocates more than budgets.json allows; if that is wanted, change it there and say why");
        }
    }

    [Fact]
    public async Task Allocation_is_seen_whichever_thread_does_it()
    {
        const int operations = 1000;
        var meter = Meter.Start();
        await Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < operations; i++)
                    GC.KeepAlive(new byte[1000]);
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        meter.Stop("test", operations).Find(Metric.Bytes)!.Value.ShouldBeInRange(1000, 1100);
    }

    private static Dictionary<string, Dictionary<string, double>> Read()
    {
        using Stream text = Assembly.GetExecutingAssembly().GetManifestResourceStream("budgets.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, double>>>(text)!;
    }
}
