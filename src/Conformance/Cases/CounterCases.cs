using System.Net.Sockets;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Conformance.Cases;

/// <summary>CNT: what a target counts of sockets of the kernel, against what the kernel has counted of them.</summary>
internal static class CounterCases
{
    private const AddressFamily IPv4 = AddressFamily.InterNetwork;
    private const AddressFamily IPv6 = AddressFamily.InterNetworkV6;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("Only what is offloaded of a socket is counted, each family apart", Apart, "CNT-01", "CNT-06")
            { Needs = Ability.SocketCounts | Ability.BothFamilies },
        new("A set lets the counters of a socket's family begin at nought", Set, "CNT-02")
            { Needs = Ability.SocketCounts | Ability.BothFamilies },
    ];

    private static async Task Apart(Play play)
    {
        Line beside = play.NewLine();
        beside.Peer.Say(1_000);     // the host's own
        Line four = play.NewLine(), six = play.NewLine(new LinePlan { IsIPv6 = true });
        TcpInfo[] before = [InfoOf(four), InfoOf(six)];
        await four.OffloadAsync();
        await six.OffloadAsync();
        foreach (int length in (int[])[100, 2_000, 4_000])
            await play.Ends(four.Send(length));
        await play.Ends(six.Send(300));
        await four.Upload();
        await six.Upload();
        TcpInfo[] after = [InfoOf(four), InfoOf(six)];
        (TcpOffloadStatistics v4, TcpOffloadStatistics v6) = (await SumAsync(play, IPv4), await SumAsync(play, IPv6));
        Compare(play, before[0], after[0], v4);
        Compare(play, before[1], after[1], v6);
        play.Check("CNT-01", (v4.CurrentlyEstablished, v6.CurrentlyEstablished) == (0u, 0u), "connections are left");
    }

    /// <summary>The kernel counts repeats among the segments that it has sent.</summary>
    private static void Compare(Play play, TcpInfo before, TcpInfo after, TcpOffloadStatistics told)
    {
        ulong came = after.SegmentsIn - before.SegmentsIn;
        uint repeats = after.Retransmissions - before.Retransmissions;
        ulong sent = after.SegmentsOut - before.SegmentsOut - repeats;
        play.Check("CNT-01", told.InSegments == came && told.OutSegments == sent,
            $"{told} of {came} and {sent} segments");
        play.Check("CNT-06", told.RetransmittedSegments == repeats && told.OutSegments == sent,
            $"{told} of {sent} segments and {repeats} repeats");
    }

    private static async Task Set(Play play)
    {
        Line four = await play.OffloadAsync(), six = await play.OffloadAsync(new LinePlan { IsIPv6 = true });
        await play.Ends(four.Send(500));
        await play.Ends(six.Send(500));
        TcpOffloadStatistics other = await SumAsync(play, IPv6);
        var ignored = new TcpOffloadStatistics { InSegments = 99, OutSegments = 99 };
        foreach (Adapter nic in play.Stage.Adapters)
            await play.Ends("CNT-02", "a set", play.Stage.Chimney.Binding(Stage.Binding).RequestAsync(
                Oid.Tcp4OffloadStatistics, OidMethod.Set, ignored, nic.Name));
        TcpOffloadStatistics fresh = await SumAsync(play, IPv4);
        play.Check("CNT-02", (fresh.InSegments, fresh.OutSegments, fresh.RetransmittedSegments) == (0ul, 0ul, 0u),
            $"{fresh} after a set");
        play.Check("CNT-02", await SumAsync(play, IPv6) == other, "another set of counters is changed");
        await play.Ends(four.Send(500));
        fresh = await SumAsync(play, IPv4);
        play.Check("CNT-02", fresh.OutSegments is > 0 and < 20, $"{fresh} after a send");
    }

    private static async Task<TcpOffloadStatistics> SumAsync(Play play, AddressFamily family)
    {
        var sum = new TcpOffloadStatistics
        {
            InSegments = 0, OutSegments = 0, RetransmittedSegments = 0, CurrentlyEstablished = 0,
        };
        foreach (Adapter nic in play.Stage.Adapters)
        {
            TcpOffloadStatistics one = await play.Ends("CNT-01", "a query", nic.TcpStatisticsAsync(family));
            sum = sum with
            {
                InSegments = sum.InSegments + one.InSegments,
                OutSegments = sum.OutSegments + one.OutSegments,
                RetransmittedSegments = sum.RetransmittedSegments + one.RetransmittedSegments,
                CurrentlyEstablished = sum.CurrentlyEstablished + one.CurrentlyEstablished,
            };
        }
        return sum;
    }

    private static TcpInfo InfoOf(Line line) => NativeTcp.Info((int)line.Peer.Socket.Handle);
}
