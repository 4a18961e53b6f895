using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>NRQ: whether a neighbor can be reached, and who asks whom.</summary>
internal static class NeighborCases
{
    private const Ability Needed = Ability.Paths | Ability.Wire | Ability.VirtualTime;
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(40);

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("At the offload both have heard of a neighbor when the host had, and progress is news", Deltas,
            "NRQ-01", "NRQ-03") { Needs = Needed },
        new("The times of a neighbor wrap", Wrap, "NRQ-02")
        {
            Needs = Needed,
            Plan = new StagePlan { Settings = "chimney.hang-watch { interval = 1 h, deadline = 1 d }" },
        },
        new("Of whom neither has heard for long the host is asked when something is sent", Ask,
            "NRQ-04", "NRQ-05", "NRQ-06", "NRQ-07", "NRQ-10", "NRQ-12") { Needs = Needed },
        new("A neighbor that the host knows to be there is answered with its age", KnownToTheHost, "NRQ-07")
            { Needs = Needed },
        new("After a stale answer the host looks whether what is sent arrives", Progress, "NRQ-08", "NRQ-09")
            { Needs = Needed },
        new("If it does not, the neighbor is probed, and invalidated if it does not answer", Probe, "NRQ-08", "NRQ-11")
            { Needs = Needed },
    ];

    private static async Task Deltas(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        await play.Stage.PassAsync(TimeSpan.FromSeconds(7));
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor));
        NeighborOffloadState state = await play.Ends("NRQ-01", "a query", neighbor.QueryAsync());
        TimeSpan nic = state.Delegated.NicReachabilityDelta;
        bool isSame = state.Cached.HostReachabilityDelta == nic && nic.TotalSeconds is > 6.9 and < 8;
        play.Check("NRQ-01", isSame, $"{state}");
        await play.Ends(line.Send(100));
        state = await play.Ends("NRQ-03", "a query", neighbor.QueryAsync());
        play.Check("NRQ-03", state.Delegated.NicReachabilityDelta.TotalSeconds < 1, $"{state.Delegated}");
        play.Check("NRQ-03", state.Cached.HostReachabilityDelta?.TotalSeconds > 6.9, $"the host's, too: {state}");
    }

    /// <summary>A tick is a millisecond, so it takes 50 days.</summary>
    private static async Task Wrap(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor));
        TimeSpan round = TimeSpan.FromMilliseconds(uint.MaxValue);
        await play.Stage.PassAsync(round - TimeSpan.FromSeconds(100));
        await play.Ends(line.Send(100));
        await play.Stage.PassAsync(TimeSpan.FromSeconds(300));
        NeighborOffloadState state = await play.Ends("NRQ-02", "a query", neighbor.QueryAsync());
        play.Check("NRQ-02", state.Delegated.NicReachabilityDelta.TotalSeconds is > 299 and < 302,
            $"heard of 300 s ago, over the wrap: {state.Delegated}");
        int asked = Questions(play).Length;
        await play.Ends(line.Send(100));
        await play.Until("NRQ-02", "the host is asked", () => Questions(play).Length > asked);
    }

    private static async Task Ask(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor));
        await play.Ends(line.Send(100));
        play.Check("NRQ-04", Questions(play).Length == 0, "the host is asked of whom it was just heard of");
        await play.Stage.PassAsync(Stale);
        await play.Ends(line.Send(100));
        await play.Until("NRQ-04", "the host is asked", () => Questions(play).Length == 1);
        TraceEntry asked = Questions(play)[0];
        var block = (OffloadBlock)asked.Parcel!;
        bool shape = block is { Layer: OffloadLayer.Neighbor, DependentBlockList: null, NextBlock: null }
            && asked.Connection == neighbor.Handle;
        play.Check("NRQ-05", shape && block.Neighbor?.Cached.DestinationAddress is not null, $"{asked}");
        await play.Until("NRQ-06", "the host answers", () => Answers(play).Length == 1);
        TraceEntry answer = Answers(play)[0];
        play.Check("NRQ-06", answer.At == asked.At, $"after {answer.At - asked.At}", Stage.Binding);
        bool isSame = answer.Parcel == asked.Parcel && answer.Status == NdisStatus.Success;
        play.Check("NRQ-12", isSame, $"{asked} was answered by {answer}", Stage.Driver);
        TimeSpan? told = ((OffloadBlock)answer.Parcel!).Neighbor?.Cached.HostReachabilityDelta;
        play.Check("NRQ-07", told == TimeSpan.Zero, $"answers {told} of a stale one", Stage.Binding);
        await play.Ends(line.Send(100));
        await play.SettleAsync(line);
        play.Check("NRQ-07", Questions(play).Length == 1, "it is asked again at once");
        bool isBare = play.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Event })
            .All(entry => entry.Parcel is null);
        play.Check("NRQ-10", isBare && !play.Trace.Any(entry => entry.Source is NeighborReachabilityInDoubt),
            "another indication carries a block, or a doubt is said");
    }

    private static async Task KnownToTheHost(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor));
        await play.Stage.PassAsync(Stale);
        neighbor.Confirm();
        await play.Stage.PassAsync(TimeSpan.FromSeconds(3));
        await play.Ends(line.Send(100));
        await play.Until("NRQ-07", "the host answers", () => Answers(play).Length == 1);
        TimeSpan? told = ((OffloadBlock)Answers(play)[0].Parcel!).Neighbor?.Cached.HostReachabilityDelta;
        play.Check("NRQ-07", told?.TotalSeconds is > 2.9 and < 4, $"heard of 3 s ago, says {told}", Stage.Binding);
        play.Check("NRQ-07", neighbor.Reachability == NeighborReachability.Reachable, $"{neighbor.Reachability}",
            Stage.Binding);
    }

    private static async Task Progress(Play play)
    {
        var arp = new Arp(answers: false);
        Neighbor neighbor = TreeCases.NewNeighbor(play, user: arp);
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor));
        await play.Stage.PassAsync(Stale);
        await play.Ends(line.Send(100));
        await play.Until("NRQ-08", "the host is in doubt", () => neighbor.Reachability == NeighborReachability.Delay);
        int before = Queries(play);
        bool there = await play.Ends("NRQ-09", "a look before the host sends", neighbor.IsReachableAsync());
        play.Check("NRQ-09", there && Queries(play) == before + 1, $"{Queries(play) - before} queries, it says {there}",
            Stage.Binding);
        await play.Stage.PassAsync(Stale + Stale);
        await play.Ends(line.Send(100));
        await play.Stage.PassAsync(TimeSpan.FromSeconds(10));
        bool known = neighbor.Reachability == NeighborReachability.Reachable;
        play.Check("NRQ-08", known && Queries(play) > before + 1 && arp.Probes == 0,
            $"{neighbor.Reachability} after {arp.Probes} probes", Stage.Binding);
    }

    private static async Task Probe(Play play)
    {
        var arp = new Arp(answers: false);
        Neighbor neighbor = TreeCases.NewNeighbor(play, user: arp);
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor));
        await play.Stage.PassAsync(TimeSpan.FromSeconds(25));       // not stale yet
        line.Wire.IsMute = true;
        Task<SendResult> send = line.Send(100);
        await play.Until("NRQ-11", "the host hears of the doubt", () => Questions(play).Length > 0);
        TraceEntry asked = Questions(play)[0];
        play.Check("NRQ-11", line.Wire.Ours.Count(seen => seen.At <= asked.At) >= 4, "it was asked before any doubt");
        await play.Stage.PassAsync(Stale + Stale);
        await play.Until("NRQ-08", "the neighbor is probed", () => arp.Probes > 0);
        TcpUploadReason reason = await play.Ends("NRQ-08", "a wish for upload", line.Connection.UploadWanted);
        play.Check("NRQ-08", reason == TcpUploadReason.InvalidState, $"the reason is {reason}");
        await line.Upload();
        await play.Ends(send);
    }

    private static TraceEntry[] Questions(Play play) =>
        [.. play.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Question })];

    private static TraceEntry[] Answers(Play play) =>
        [.. play.Trace.Where(entry => entry is { Act: Act.Answer, Source: NeighborReachabilityAnswer })];

    private static int Queries(Play play) =>
        play.Trace.Count(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Query));

    private sealed class Arp(bool answers) : INeighborUser
    {
        public int Probes { get; private set; }

        public Task<bool> ProbeAsync(Neighbor neighbor)
        {
            Probes++;
            return Task.FromResult(answers);
        }
    }
}
