using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>CAP: what an adapter can do, what of it is enabled, and what the host wants of its TCP.</summary>
internal static class CapabilityCases
{
    private const OffloadEncapsulation Framings =
        OffloadEncapsulation.Ieee8023 | OffloadEncapsulation.IeeeLlcSnapRouted;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("An adapter names its framing, and one without any is taken for not capable", Framing, "CAP-05"),
        new("An adapter takes as many connections as it says, of both families together", Capacity, "CAP-06")
            { Needs = Ability.Room, Plan = new StagePlan { ConnectionsMax = 2 } },
        new("The host says what it wants of the TCP before it offloads, and when it changes", Parameters, "CAP-09")
            { Needs = Ability.Control },
        new("What an adapter can do the runtime answers, and nobody can set it", Answered, "CAP-11"),
        new("Only what was enabled last is offloaded", Enabled, "CAP-13"),
    ];

    private static async Task Framing(Play play)
    {
        foreach (WatchedTarget plug in play.Stage.Plugs)
            play.Check("CAP-05", (plug.Capabilities.Encapsulation & Framings) != 0,
                $"the framing is {plug.Capabilities.Encapsulation}");
        await ShowAsync(play, "CAP-05", can => can with { Encapsulation = OffloadEncapsulation.Null });
        NdisStatus status = await Lives.OffloadAsync(play, "CAP-05");
        play.Check("CAP-05", status == NdisStatus.Paused, $"offloaded without a framing: {status}", Stage.Binding);
        foreach (OffloadEncapsulation one in (OffloadEncapsulation[])[OffloadEncapsulation.IeeeLlcSnapRouted, Framings])
        {
            await ShowAsync(play, "CAP-05", can => can with { Encapsulation = one });
            status = await Lives.OffloadAsync(play, "CAP-05");
            play.Check("CAP-05", status == NdisStatus.Success, $"not offloaded with {one}: {status}", Stage.Binding);
        }
    }

    /// <summary>From now on they can do something else: they say so in the one way that there is.</summary>
    private static async Task ShowAsync(Play play, string rule, Func<OffloadCapabilities, OffloadCapabilities> shows)
    {
        await Lives.EachAsync(play, rule, nic => nic.OffloadPauseAsync());
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Shows = shows;
        await Lives.EachAsync(play, rule, nic => nic.OffloadResumeAsync());
    }

    private static async Task Capacity(Play play)
    {
        foreach (WatchedTarget plug in play.Stage.Plugs)
        {
            OffloadCapabilities can = plug.Capabilities;
            play.Check("CAP-06", can is { ConnectionsMax: > 0 } && (can.SupportIPv4 || can.SupportIPv6), $"{can}");
        }
        int all = play.Stage.Plugs.Sum(plug => plug.Capabilities.ConnectionsMax);
        var other = new LinePlan { IsIPv6 = play.Stage.Abilities.HasFlag(Ability.BothFamilies) };
        for (int number = 0; number < all; number++)
        {
            NdisStatus status = await Lives.OffloadAsync(play, "CAP-06", number % 2 == 0 ? LinePlan.Usual : other);
            play.Check("CAP-06", status == NdisStatus.Success, $"number {number + 1} of {all}: {status}");
        }
        foreach (LinePlan plan in (LinePlan[])[LinePlan.Usual, other])
        {
            NdisStatus status = await Lives.OffloadAsync(play, "CAP-06", plan);
            play.Check("CAP-06", status == NdisStatus.OffloadTcpEntries, $"one more than {all}: {status}");
        }
    }

    private static async Task Parameters(Play play)
    {
        foreach (WatchedTarget plug in play.Stage.Plugs)
        {
            TraceEntry[] sets = Sets(play, plug);
            play.Check("CAP-09", sets.Length == 2, $"two bindings have said it {sets.Length} times", Stage.Binding);
            CheckTaken(play, plug);
        }
        await play.OffloadAsync();
        foreach (WatchedTarget plug in play.Stage.Plugs.Where(plug => plug.IsAdapter))
        {
            Adapter nic = play.Stage.NicOf(plug);
            TcpConnectionOffloadParameters other = nic.Parameters! with { TcpAckFrequency = 7 };
            await play.Ends("CAP-09", "a change of parameters", TreeCases.Done(nic.SetParametersAsync(other)));
            object? came = Sets(play, plug)[^1].Oid!.Information;
            play.Check("CAP-09", Equals(came, other), $"{came} came", Stage.Driver);
            play.Check("CAP-09", Equals(nic.Parameters, other), $"{nic.Parameters}", Stage.Binding);
            CheckTaken(play, plug);
        }
    }

    private static TraceEntry[] Sets(Play play, WatchedTarget plug) => [.. play.Trace.Where(entry =>
        entry.Is(Place.Target, Act.Call, LifeCall.Request) && entry.Adapter == plug.Number
        && entry.Oid is { Oid: Oid.TcpConnectionOffloadParameters, Method: OidMethod.Set })];

    /// <summary>A target that has no say beyond its connections cannot take any.</summary>
    private static void CheckTaken(Play play, WatchedTarget plug)
    {
        foreach (TraceEntry set in Sets(play, plug).Where(_ => plug.IsAdapter))
        {
            TraceEntry? end = play.Find(entry => entry.Is(Place.Target, Act.Return, LifeCall.Request)
                && entry.Oid == set.Oid);
            play.Check("CAP-09", end?.Status == NdisStatus.Success, $"answered with {end?.Status}");
        }
    }

    private static async Task Answered(Play play)
    {
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        int before = Requests(play);
        Oid[] known = [Oid.TcpConnectionOffloadHardwareCapabilities, Oid.TcpConnectionOffloadCurrentConfig];
        foreach (Adapter nic in play.Stage.Adapters)
            foreach (Oid oid in known)
            {
                object? can = await play.Ends(
                    "CAP-11", "a query", binding.RequestAsync(oid, OidMethod.Query, null, nic.Name));
                play.Check("CAP-11", Equals(can, nic.Capabilities), $"{oid} is {can}", Stage.Binding);
                NdisStatus status = await Lives.OidAsync(
                    play, "CAP-11", binding.RequestAsync(oid, OidMethod.Set, nic.Capabilities, nic.Name));
                play.Check("CAP-11", status == NdisStatus.NotSupported, $"a set: {status}", Stage.Binding);
            }
        play.Check("CAP-11", Requests(play) == before, "the target was asked", Stage.Binding);
    }

    private static int Requests(Play play) =>
        play.Trace.Count(entry => entry.Is(Place.Target, Act.Call, LifeCall.Request));

    private static async Task Enabled(Play play)
    {
        await SetAsync(play, new TcpTaskOffload(IPv4: false, IPv6: true));
        NdisStatus status = await Lives.OffloadAsync(play, "CAP-13");
        play.Check("CAP-13", status == NdisStatus.OffloadConnectionRejected, $"one that is not enabled: {status}");
        foreach (Adapter nic in play.Stage.Adapters)
        {
            bool only = nic.Configuration is { SupportIPv4: false, SupportIPv6: true };
            play.Check("CAP-13", only && nic.Capabilities.SupportIPv4, $"{nic.Configuration}", Stage.Binding);
        }
        await SetAsync(play, new TcpTaskOffload(IPv4: true, IPv6: false));
        status = await Lives.OffloadAsync(play, "CAP-13");
        play.Check("CAP-13", status == NdisStatus.Success, $"one that is enabled: {status}");
        if (!play.Stage.Abilities.HasFlag(Ability.BothFamilies))
            return;
        status = await Lives.OffloadAsync(play, "CAP-13", new LinePlan { IsIPv6 = true });
        play.Check("CAP-13", status == NdisStatus.OffloadConnectionRejected, $"what the last set is without: {status}");
    }

    private static async Task SetAsync(Play play, TcpTaskOffload enabled)
    {
        foreach (Adapter nic in play.Stage.Adapters)
            await play.Ends("CAP-13", "a set", play.Stage.Chimney.Binding(Stage.Binding).RequestAsync(
                Oid.TcpTaskOffload, OidMethod.Set, enabled, nic.Name));
    }
}
