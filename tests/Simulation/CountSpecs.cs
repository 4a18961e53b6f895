using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>CNT on the simulated target: what it counts is what the wire has seen of offloaded connections, and nothing
/// else.</summary>
public sealed class CountSpecs
{
    [Fact]
    public async Task On_a_bad_wire_every_segment_is_counted_once_and_for_what_it_is()
    {
        ulong repeats = 0;
        for (int seed = 1; seed <= 40; seed++)
        {
            await using var bench = new SimulatedBench(seed: seed, faults: World.Faults(seed));
            Line line = await bench.OffloadAsync();
            SimulatedLine simulated = bench.Network.Lines[0];
            var sent = new List<Segment>();
            int came = 0;
            simulated.Wire.Seen += seen =>
            {
                if (seen.End != simulated.Wire.Left)
                    return;
                came += seen.IsArrival && seen.Segment.IsIntact ? 1 : 0;    // without a path a bad one is the host's
                if (!seen.IsArrival)
                    sent.Add(seen.Segment);
            };

            NetBufferList[] sends = [.. Enumerable.Range(0, 5).SelectMany(_ => line.Send(4_000))];
            await line.Peer.SendAsync(5_000);
            foreach (NetBufferList send in sends)
                await bench.Host.Back(send);
            await line.SettledAsync();

            (int fresh, int again) = CountOf(sent);
            TcpOffloadStatistics tcp = Tcp(bench.SimulatedTarget);
            (tcp.OutSegments, tcp.RetransmittedSegments, tcp.InSegments, tcp.InErrors).ShouldBe(
                ((ulong)fresh, (uint)again, (ulong)came, 0u), $"seed {seed}");
            IpOffloadStatistics ip = Ip(bench.SimulatedTarget);
            (ip.OutRequests, ip.OutOctets).ShouldBe(
                ((ulong)sent.Count, (ulong)sent.Sum(one => 40 + one.Data.Length)), $"seed {seed}");
            repeats += (ulong)again;
        }
        repeats.ShouldBeGreaterThan(100ul, "else it shows nothing");
    }

    [Fact]
    public async Task Resets_are_counted_from_both_sides_and_an_orderly_end_is_none()
    {
        await using var bench = new SimulatedBench();
        Line aborting = await bench.OffloadAsync(), aborted = await bench.OffloadAsync();
        Line closing = await bench.OffloadAsync();
        Tcp(bench.SimulatedTarget).CurrentlyEstablished.ShouldBe(3u);

        await bench.Host.Back(aborting.Disconnect(DisconnectKind.Abortive));
        aborted.Peer.Reset();
        await bench.Host.Back(closing.Disconnect(DisconnectKind.Graceful));
        await closing.SettledAsync();

        TcpOffloadStatistics tcp = Tcp(bench.SimulatedTarget);
        (tcp.ResetEstablished, tcp.OutResets, tcp.CurrentlyEstablished).ShouldBe((2u, 1u, 0u));
    }

    [Fact]
    public async Task What_the_host_sends_and_hears_itself_is_not_counted()
    {
        await using var bench = new SimulatedBench();
        Line line = await bench.OffloadAsync();
        await bench.Host.Back(line.Send(100)[0]);
        await line.SettledAsync();
        OffloadBlock left = line.Terminate();
        await bench.Host.Back(left);
        (TcpOffloadStatistics tcp, IpOffloadStatistics ip) = (Tcp(bench.SimulatedTarget), Ip(bench.SimulatedTarget));
        tcp.OutSegments.ShouldBe(1ul);

        await line.Peer.SendAsync(5_000);
        await line.SettledAsync();

        (Tcp(bench.SimulatedTarget), Ip(bench.SimulatedTarget)).ShouldBe((tcp with { CurrentlyEstablished = 0 }, ip));
    }

    [Fact]
    public async Task An_acknowledgement_that_is_owed_at_an_upload_is_the_adapters()
    {
        await using var bench = new SimulatedBench();
        Line line = await bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await bench.Host.Indicated(line.Handle, 10);
        Tcp(bench.SimulatedTarget).OutSegments.ShouldBe(0ul);

        await bench.Host.Back(line.Terminate());

        Tcp(bench.SimulatedTarget).OutSegments.ShouldBe(1ul);
    }

    [Fact]
    public void A_set_begins_at_nought_and_the_others_stay()
    {
        var target = new SimulatedTarget(new SimulatedNetwork(1), new SimulatedTargetSettings { CountsBeforeWrap = 7 });
        Ask(target, Oid.Tcp6OffloadStatistics, OidMethod.Set).ShouldBe(NdisStatus.Success);
        Tcp(target, AddressFamily.InterNetworkV6).InSegments.ShouldBe(0ul);
        (Tcp(target).InSegments, Ip(target).OutOctets).ShouldBe((ulong.MaxValue - 6, ulong.MaxValue - 6));
        Tcp(target).RetransmittedSegments.ShouldBe(uint.MaxValue - 6);
    }

    [Fact]
    public void What_it_does_not_know_and_parameters_that_are_none_are_refused()
    {
        var target = new SimulatedTarget(new SimulatedNetwork(1));
        Ask(target, Oid.TcpTaskOffload, OidMethod.Query).ShouldBe(NdisStatus.NotSupported);
        Ask(target, Oid.TcpConnectionOffloadParameters, OidMethod.Set).ShouldBe(NdisStatus.InvalidParameter);
        target.Parameters.ShouldBeNull();
        target.Capabilities.Honours.ShouldBe(OffloadParameters.All);
    }

    /// <summary>By the sequence numbers on the wire alone.</summary>
    private static (int Fresh, int Again) CountOf(List<Segment> sent)
    {
        SeqNumber first = sent[0].Seq;
        long max = 0;
        int fresh = 0, again = 0;
        foreach (Segment segment in sent)
        {
            long from = segment.Seq - first, to = from + segment.Length;
            again += segment.Length > 0 && from < max ? 1 : 0;
            fresh += segment.Length == 0 || to > max ? 1 : 0;
            max = Math.Max(max, to);
        }
        return (fresh, again);
    }

    private static NdisStatus Ask(SimulatedTarget target, Oid oid, OidMethod method) =>
        target.Request(new OidBlock(oid, method, null));

    private static TcpOffloadStatistics Tcp(
        SimulatedTarget target, AddressFamily family = AddressFamily.InterNetwork) => Query<TcpOffloadStatistics>(
            target, family == AddressFamily.InterNetwork ? Oid.Tcp4OffloadStatistics : Oid.Tcp6OffloadStatistics);

    private static IpOffloadStatistics Ip(SimulatedTarget target) =>
        Query<IpOffloadStatistics>(target, Oid.Ip4OffloadStatistics);

    private static T Query<T>(SimulatedTarget target, Oid oid)
    {
        var asked = new OidBlock(oid, OidMethod.Query, null);
        target.Request(asked).ShouldBe(NdisStatus.Success);
        return asked.Offered.ShouldBeOfType<T>();
    }
}
