using System.Net;
using ChimneyActors.Captures;

namespace ChimneyActors.Simulation;

/// <summary>Segments made of stream positions, judged by a tool that did not make them.</summary>
public sealed class CapturedStreamSpecs : IDisposable
{
    private readonly MemoryStream _file = new();
    private TimeSpan _now = TimeSpan.FromDays(20_000);

    public void Dispose() => _file.Dispose();

    private TimeSpan Now => _now += TimeSpan.FromMilliseconds(3);

    [Theory]
    [InlineData("192.0.2.1:50001", "198.51.100.2:80", 0, 0)]
    [InlineData("[2001:db8::1]:50001", "[2001:db8::2]:80", 0, 0)]
    [InlineData("192.0.2.1:50001", "198.51.100.2:80", 123_456, 4_000_000_000)]
    public async Task Both_streams_are_put_together_and_nothing_is_odd(string us, string peer, long sent, long received)
    {
        CapturedStream stream = New(us, peer, sent, received);
        byte[] ours = Bytes(100_000, 1);
        byte[] theirs = Bytes(70_000, 2);
        stream.Send(Now, sent, ours.AsMemory(0, 30_000));
        stream.Receive(Now, received, theirs.AsMemory(0, 100));
        stream.Acknowledge(Now, sent + 10_000);
        stream.Acknowledge(Now, sent + 30_000);
        stream.Send(Now, sent + 30_000, ours.AsMemory(30_000));
        stream.Acknowledge(Now, sent + 100_000);
        stream.Receive(Now, received + 100, theirs.AsMemory(100));
        stream.ReceiveFin(Now, received + 70_000);
        stream.SendFin(Now, sent + 100_000);
        stream.Acknowledge(Now, sent + 100_001);

        Tshark shark = await Tshark.JudgeAsync(_file.ToArray(), IPEndPoint.Parse(us).Address.ToString());

        shark.Packets.ShouldAllBe(packet => packet.IsChecksumGood && !packet.IsMalformed);
        shark.Packets.Where(packet => packet.Severity >= Tshark.Warning).ShouldBeEmpty();
        shark.Packets.SelectMany(packet => packet.Analysis).ShouldBeEmpty();
        shark.FromLeft.ShouldBe(ours);
        shark.FromRight.ShouldBe(theirs);
        shark.Packets.Where(packet => packet.Comment.Contains("made up")).Select(packet => packet.Number)
            .ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task What_is_said_again_is_a_retransmission_and_the_streams_are_whole()
    {
        CapturedStream stream = New("192.0.2.1:50001", "198.51.100.2:80", 0, 0);
        byte[] ours = Bytes(3_000, 1);
        byte[] theirs = Bytes(2_000, 2);
        stream.Send(Now, 0, ours.AsMemory(0, 2_000));
        stream.Receive(Now, 0, theirs.AsMemory(0, 1_000));
        stream.Acknowledge(Now, 500);
        _now += TimeSpan.FromSeconds(1);
        stream.Send(Now, 800, ours.AsMemory(800));      // taken back at 800, and offloaded to another adapter
        stream.Receive(Now, 0, theirs.AsMemory(0, 1_000));
        stream.Receive(Now, 1_000, theirs.AsMemory(1_000));
        stream.Acknowledge(Now, 3_000);

        Tshark shark = await Tshark.JudgeAsync(_file.ToArray());

        shark.Packets.ShouldAllBe(packet => packet.IsChecksumGood && !packet.IsMalformed);
        shark.FromLeft.ShouldBe(ours);
        shark.FromRight.ShouldBe(theirs);
        shark.Packets.SelectMany(packet => packet.Analysis).Distinct()
            .Except(["retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"])
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reset_stands_where_the_stream_is()
    {
        CapturedStream stream = New("192.0.2.1:50001", "198.51.100.2:80", 0, 0);
        stream.Send(Now, 0, Bytes(10, 1));
        stream.Reset(Now, isOurs: false);

        Tshark shark = await Tshark.JudgeAsync(_file.ToArray());

        shark.Packets.Length.ShouldBe(5);
        shark.Packets.ShouldAllBe(packet => packet.IsChecksumGood && !packet.IsMalformed);
        shark.Packets[^1].IsFromLeft.ShouldBeFalse();
        shark.Packets[^1].Notes.ShouldContain("RST");
    }

    private CapturedStream New(string us, string peer, long sent, long received) => new(
        new PcapngWriter(_file), IPEndPoint.Parse(us), IPEndPoint.Parse(peer), 7_000, Now, sent, received);

    private static byte[] Bytes(int length, int stream) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)((i * 31 >> 3) + stream))];
}
