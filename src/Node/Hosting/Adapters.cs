using System.Globalization;
using Akka.Configuration;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Node.Hosting;

/// <summary>The adapters of a verb: for each a kernel target with an intermediate and a binding over it.</summary>
/// <param name="Names">Their names, which are those of the bindings.</param>
/// <param name="ConnectionsMax">Connections on each.</param>
/// <param name="WindowBuffers">Received buffers that one connection may hold.</param>
internal sealed record Adapters(string[] Names, int ConnectionsMax, int WindowBuffers)
{
    // A session that has just ended may still be known below when the next one comes.
    private const int Spare = 64;

    /// <summary>Adds them to a stack.</summary>
    public void Build(StackBuilder stack)
    {
        foreach (string name in Names)
        {
            KernelTarget target = new(new KernelTargetSettings
            {
                ConnectionsMax = ConnectionsMax + Spare,
                IndicationsMax = WindowBuffers,
            });
            stack.Miniport($"nic-{name}", target)
                .Intermediate($"mux-{name}", over: $"nic-{name}")
                .Binding(name, over: $"mux-{name}");
        }
    }

    /// <summary>Pools so large that the slowest connections can never hold the buffers of all others.</summary>
    /// <remarks>The library's own limit is for the whole stack: some hundred clients that stop reading would use it up,
    /// and nobody would receive any more. A setting in the file or on the command line goes over these.</remarks>
    public Config Pools(Config actors)
    {
        long buffers = Math.Min(1_000_000L, (long)Names.Length * ConnectionsMax * WindowBuffers);
        return actors.WithFallback(ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture,
            $"chimney.pools {{ indications-max = {AtLeast("indications-max", buffers)}, "
            + $"sends-max = {AtLeast("sends-max", buffers)} }}")));
    }

    private static long AtLeast(string key, long count) =>
        Math.Max(ChimneySettings.Reference().GetLong($"chimney.pools.{key}"), count);
}
