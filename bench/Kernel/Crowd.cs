using System.Globalization;
using System.Text.Json;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Bench.Reporting;

namespace ChimneyActors.Bench.Kernel;

/// <summary>Many connections at once, in a process of their own: what a connection keeps can only be seen in a process
/// that has nothing else.</summary>
internal static class Crowd
{
    /// <summary>Hidden command of the program: who, the peer's ports, how many.</summary>
    public const string Command = "crowd";

    private const int WarmUp = 300;
    private const int Slots = 64;

    /// <summary>One repetition, in a child.</summary>
    public static async Task<IReadOnlyList<Sample>> MeasureAsync(string who, Peer peer, int count)
    {
        using Child child = Child.StartSelf(
            Command, who, $"{peer.EchoPort}", $"{peer.DiscardPort}", count.ToString(CultureInfo.InvariantCulture));
        string output = await child.FinishAsync($"the crowd of {who}").ConfigureAwait(false);
        return JsonSerializer.Deserialize<Sample[]>(output, ResultOutput.Json)!;
    }

    /// <summary>The child.</summary>
    public static async Task<int> RunAsync(string[] words)
    {
        int[] numbers = [.. words.Skip(1).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        IClient client = await KernelBench.StartAsync(words[0], new Peer(numbers[0], numbers[1])).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            await client.OpenAsync(WarmUp, Slots, echo: false).ConfigureAwait(false);
            await client.DisconnectAsync().ConfigureAwait(false);
            await client.CloseAsync().ConfigureAwait(false);
            Sample[] samples = await MeasureAsync(client, numbers[2]).ConfigureAwait(false);
            Console.WriteLine(JsonSerializer.Serialize(samples, ResultOutput.Json));
        }
        return 0;
    }

    private static async Task<Sample[]> MeasureAsync(IClient client, int count)
    {
        var before = MemoryUse.Now();
        var meter = Meter.Start();
        await client.OpenAsync(count, Slots, echo: false).ConfigureAwait(false);
        Sample open = before.Since(meter.Stop(KernelBench.OpenCase(count), count), count);
        meter = Meter.Start();
        await client.DisconnectAsync().ConfigureAwait(false);
        Sample storm = meter.Stop(KernelBench.StormCase(count), count);
        await client.CloseAsync().ConfigureAwait(false);
        return
        [
            open,
            storm,
            meter.Stop(KernelBench.ClosedCase(count), count),
        ];
    }
}
