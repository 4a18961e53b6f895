using System.Globalization;
using Akka.Configuration;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Node.Hosting;

/// <summary>The bindings of a verb, each on its drivers, all over the same kernel adapters: where there is one, what a
/// binding receives another one sends, and no thread need be woken for that.</summary>
/// <param name="Names">Their names.</param>
/// <param name="ConnectionsMax">Connections on each.</param>
/// <param name="WindowBuffers">Received buffers that one connection may hold.</param>
/// <param name="Layout">The drivers.</param>
internal sealed record Adapters(string[] Names, int ConnectionsMax, int WindowBuffers, StackLayout Layout)
{
    /// <summary>The binding of clients' connections.</summary>
    public const string Front = "front";

    /// <summary>The binding of upstream connections; they may be served by adapters elsewhere.</summary>
    public const string Back = "back";

    // A session that has just ended may still be known below when the next one comes.
    private const int Spare = 64;

    /// <summary>Connections that other nodes may have here.</summary>
    public int ForOthers { get; init; }

    /// <summary>Which connections are offloaded; null for all, at once.</summary>
    public OffloadPolicy? Offload { get; init; }

    /// <summary>The binding by which the node serves itself what is not offloaded.</summary>
    public static string HostOf(string name) => $"{name}-host";

    /// <summary>What is below them all.</summary>
    public KernelAdapters MakeKernels() => new(Layout.Adapters, KernelSettings);

    private KernelTargetSettings KernelSettings => new()
    {
        ConnectionsMax = (Names.Length * (ConnectionsMax + Spare)) + ForOthers,
        IndicationsMax = WindowBuffers,
        SpinMax = Layout.SpinMax,
    };

    /// <summary>Adds them to a stack.</summary>
    public void Build(StackBuilder stack, KernelAdapters kernels, ClusterMember? cluster)
    {
        string below = Layout.Build(stack, kernels);
        if (cluster?.Target is { } elsewhere)
            stack.Miniport("cluster0", elsewhere);
        foreach (string name in Names)
        {
            string lower = name == Back && cluster?.Target is not null ? "cluster0" : below;
            Layout.Stand(stack, name, lower, DriversOf(name));
        }

        if (Offload is not null)
        {
            stack.Miniport("host", () => new KernelTarget(KernelSettings));
            foreach (string name in Names.Where(name => name is Front or Back))
                Layout.Stand(stack, HostOf(name), "host", DriversOf(name));
        }

        if (cluster is { IsAdapter: true })
            Layout.Stand(stack, ClusterMember.AdapterBinding, below, NodeDrivers.Plain);
    }

    /// <summary>Pools so large that the slowest connections can never hold the buffers of all others.</summary>
    /// <remarks>The library's own limit is for the whole stack: some hundred clients that stop reading would use it up,
    /// and nobody would receive any more. A setting in the file or on the command line goes over these.</remarks>
    public Config Pools(Config actors)
    {
        long buffers = Math.Min(1_000_000L, (((long)Names.Length * ConnectionsMax) + ForOthers) * WindowBuffers);
        return actors.WithFallback(ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture,
            $"chimney.pools {{ indications-max = {AtLeast("indications-max", buffers)}, "
            + $"sends-max = {AtLeast("sends-max", buffers)} }}")));
    }

    private IReadOnlyList<string> DriversOf(string name) => name switch
    {
        Front => Layout.Front,
        Back => Layout.Back,
        _ => NodeDrivers.Plain,
    };

    private static long AtLeast(string key, long count) =>
        Math.Max(ChimneySettings.Reference().GetLong($"chimney.pools.{key}"), count);
}
