using System.Net.Sockets;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>CNT: what a target counts, held against every segment that the wire has seen.</summary>
internal static class WireCountCases
{
    private const Ability Needed = Ability.Wire | Ability.VirtualTime | Ability.Control;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("What is offloaded is counted, IPv4 and IPv6 apart, with the IP header", Apart, "CNT-01", "CNT-07")
            { Needs = Needed },
        new("A set of counters begins at nought again, whatever is set", Reset, "CNT-02") { Needs = Needed },
        new("Repeated segments are counted apart", Repeats, "CNT-06") { Needs = Needed },
        new("Bad segments are errors where a path is offloaded, and else the host's", Errors, "CNT-05", "CNT-06")
            { Needs = Needed | Ability.Paths },
        new("Every counter wraps", Wraps, "CNT-03")
            { Needs = Needed, Plan = new StagePlan { Limits = new() { CountsBeforeWrap = 5 } } },
    ];

    private static async Task Apart(Play play)
    {
        Line[] lines = [play.NewLine(), play.NewLine(new LinePlan { IsIPv6 = true })];
        foreach (Line line in lines)
            line.Peer.Say(100);     // the host's own
        await play.Stage.PassAsync(Quiet);
        int[] before = new int[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            await lines[i].OffloadAsync();
            before[i] = lines[i].Wire.Segments.Count;
        }
        await play.Ends(lines[0].Send(3_000));
        await play.Ends(lines[1].Send(20_000));
        lines[0].Peer.Say(5_000);
        await play.Stage.PassAsync(Quiet);
        for (int i = 0; i < lines.Length; i++)
        {
            (TcpOffloadStatistics tcp, IpOffloadStatistics ip) = await CountsAsync(play, "CNT-01", Families[i]);
            WireSighting[] seen = [.. lines[i].Wire.Segments.Skip(before[i])];
            WireSighting[] sent = [.. seen.Where(one => !one.IsArrival && IsOurs(lines[i], one))];
            WireSighting[] came = [.. seen.Where(one => one.IsArrival && IsOurs(lines[i], one))];
            play.Check("CNT-01", (tcp.OutSegments, tcp.InSegments) == ((ulong)sent.Length, (ulong)came.Length),
                $"{tcp} of {sent.Length} and {came.Length} segments over {Families[i]}");
            play.Check("CNT-01", (ip.OutRequests, ip.InReceives) == (tcp.OutSegments, tcp.InSegments), $"{ip}, {tcp}");
            play.Check("CNT-01", tcp.CurrentlyEstablished == 1, $"{tcp.CurrentlyEstablished} connections of one");
            int header = 40 + (20 * i);
            play.Check("CNT-07", (ip.OutOctets, ip.InOctets) == (OctetsOf(sent, header), OctetsOf(came, header)),
                $"{ip}, not {OctetsOf(sent, header)} and {OctetsOf(came, header)} octets");
        }
    }

    private static async Task Reset(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Send(3_000));
        await play.Stage.PassAsync(Quiet);
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        (_, IpOffloadStatistics before) = await CountsAsync(play, "CNT-02", Families[0]);
        var ignored = new TcpOffloadStatistics { InSegments = 99, OutSegments = 99 };
        foreach (Adapter adapter in play.Stage.Adapters)
            await play.Ends("CNT-02", "a reset of counters",
                binding.RequestAsync(Oid.Tcp4OffloadStatistics, OidMethod.Set, ignored, adapter.Name));
        (TcpOffloadStatistics tcp, IpOffloadStatistics ip) = await CountsAsync(play, "CNT-02", Families[0]);
        play.Check("CNT-02", (tcp.InSegments, tcp.OutSegments) == (0ul, 0ul), $"{tcp} after a reset");
        play.Check("CNT-02", ip == before, $"another set is {ip}, and was {before}");
        await play.Ends(line.Send(10));
        await play.Stage.PassAsync(Quiet);
        (tcp, _) = await CountsAsync(play, "CNT-02", Families[0]);
        play.Check("CNT-02", tcp.OutSegments == 1, $"{tcp} after one segment");
    }

    private static async Task Repeats(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Wire.IsMute = true;
        Task<SendResult> send = line.Send(500);
        await play.Stage.PassAsync(TimeSpan.FromSeconds(8));
        ulong sent = (ulong)line.Wire.Ours.Count(one => one.Segment.Data.Length > 0);
        (TcpOffloadStatistics tcp, _) = await CountsAsync(play, "CNT-06", Families[0]);
        play.Check("CNT-06", sent > 2 && (tcp.OutSegments, (ulong)tcp.RetransmittedSegments!) == (1ul, sent - 1),
            $"{tcp} of one segment sent {sent} times");
        line.Wire.IsMute = false;
        await play.Ends(send);
    }

    private static async Task Errors(Play play)
    {
        Line line = await play.OffloadAsync();
        int bad = await SayBadAsync(play, line);
        (TcpOffloadStatistics tcp, IpOffloadStatistics ip) = await CountsAsync(play, "CNT-05", Families[0]);
        play.Check("CNT-05", (tcp.InErrors, tcp.InSegments, ip.InReceives) == (0u, 0ul, 0ul),
            $"{bad} bad ones without a path: {tcp}");
        Line onPath = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, TreeCases.NewNeighbor(play)));
        bad = await SayBadAsync(play, onPath);
        (tcp, _) = await CountsAsync(play, "CNT-05", Families[0]);
        play.Check("CNT-05", tcp.InErrors == (uint)bad, $"{tcp.InErrors} of {bad} errors");
        play.Check("CNT-06", tcp.InSegments == (ulong)bad, $"{tcp.InSegments} of {bad} segments, all of them bad");
        play.Check("CNT-05", onPath.Taken == 0, "a bad segment was taken");
        await play.Until("CNT-05", "what was bad comes again", () => line.Taken == 100 && onPath.Taken == 100);
    }

    private static async Task Wraps(Play play)
    {
        Line line = await play.OffloadAsync();
        (TcpOffloadStatistics tcp, IpOffloadStatistics ip) = await FirstAsync(play);
        bool isNear = ulong.MaxValue - tcp.OutSegments < 5 && uint.MaxValue - tcp.RetransmittedSegments < 5
            && ulong.MaxValue - ip.OutOctets < 5;
        play.Check("CNT-03", isNear, $"{tcp}, {ip} are not at their ends");
        line.Wire.IsMute = true;
        Task<SendResult> send = line.Send(500);
        await play.Until("CNT-03", "it was sent often", () => line.Wire.Ours.Count() > 6);
        line.Wire.IsMute = false;
        await play.Ends(send);
        await play.Ends(line.Send(20_000));
        await play.Stage.PassAsync(Quiet);
        (tcp, ip) = await FirstAsync(play);
        ulong sent = (ulong)line.Wire.Ours.Count();
        ulong repeats = (ulong)line.Wire.Ours.Count(one => one.Segment.Repetition == Repetition.Wholly);
        play.Check("CNT-03", tcp.OutSegments == unchecked(sent - repeats - 5), $"{tcp} after {sent - repeats}");
        play.Check("CNT-03", tcp.RetransmittedSegments == unchecked((uint)repeats - 5), $"{tcp} after {repeats}");
        play.Check("CNT-03", ip.OutRequests == unchecked(sent - 5), $"{ip} after {sent}");

        async Task<(TcpOffloadStatistics, IpOffloadStatistics)> FirstAsync(Play play)
        {
            // Of the adapter that has the connection: no other has counted anything.
            foreach (Adapter adapter in play.Stage.Adapters)
            {
                TcpOffloadStatistics one = await play.Ends("CNT-03", "a query", adapter.TcpStatisticsAsync());
                if (one.CurrentlyEstablished == 1)
                    return (one, await play.Ends("CNT-03", "a query", adapter.IpStatisticsAsync()));
            }
            throw new CaseOverException("no adapter says that it has the connection");
        }
    }

    /// <summary>The peer says something that the wire breaks.</summary>
    /// <returns>How many bad segments came.</returns>
    private static async Task<int> SayBadAsync(Play play, Line line)
    {
        int before = line.Wire.Arrived.Count();
        line.Wire.Line.Wire.Faults = WireFaults.None with { Corruption = 1 };
        line.Peer.Say(100);
        await play.Stage.PassAsync(TimeSpan.FromMilliseconds(100));
        line.Wire.Line.Wire.Faults = WireFaults.None;
        return line.Wire.Arrived.Count() - before;
    }

    private static bool IsOurs(Line line, WireSighting seen) => ReferenceEquals(seen.End, line.Wire.Line.Wire.Left);

    private static ulong OctetsOf(WireSighting[] seen, int header) =>
        (ulong)seen.Sum(one => header + one.Segment.Data.Length + (one.Segment.Stamps is null ? 0 : 12));

    /// <summary>What all adapters have counted together.</summary>
    private static async Task<(TcpOffloadStatistics Tcp, IpOffloadStatistics Ip)> CountsAsync(
        Play play, string rule, AddressFamily family)
    {
        var tcp = new TcpOffloadStatistics
        {
            InSegments = 0, OutSegments = 0, CurrentlyEstablished = 0, RetransmittedSegments = 0, InErrors = 0,
        };
        var ip = new IpOffloadStatistics { InReceives = 0, OutRequests = 0, InOctets = 0, OutOctets = 0 };
        foreach (Adapter adapter in play.Stage.Adapters)
        {
            TcpOffloadStatistics one = await play.Ends(rule, "a query", adapter.TcpStatisticsAsync(family));
            tcp = tcp with
            {
                InSegments = tcp.InSegments + one.InSegments,
                OutSegments = tcp.OutSegments + one.OutSegments,
                CurrentlyEstablished = tcp.CurrentlyEstablished + one.CurrentlyEstablished,
                RetransmittedSegments = tcp.RetransmittedSegments + one.RetransmittedSegments,
                InErrors = tcp.InErrors + one.InErrors,
            };
            IpOffloadStatistics packets = await play.Ends(rule, "a query", adapter.IpStatisticsAsync(family));
            ip = ip with
            {
                InReceives = ip.InReceives + packets.InReceives,
                OutRequests = ip.OutRequests + packets.OutRequests,
                InOctets = ip.InOctets + packets.InOctets,
                OutOctets = ip.OutOctets + packets.OutOctets,
            };
        }
        return (tcp, ip);
    }
}
