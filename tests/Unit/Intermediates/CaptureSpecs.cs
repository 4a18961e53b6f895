using System.Text;
using System.Text.Json;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>What passes is written down, in order, and nobody waits for the paper.</summary>
public sealed class CaptureSpecs : StackSpec, IDisposable
{
    private readonly MemoryStream _packets = new();
    private readonly MemoryStream _requests = new();
    private readonly PeerSockets _peers = new();
    private readonly Capture _capture;

    public CaptureSpecs() => _capture = new Capture(_packets, _requests, bytesMax: 200_000);

    public void Dispose()
    {
        _capture.Dispose();
        _packets.CanWrite.ShouldBeFalse("it was closed with the capture");
        _requests.Dispose();
        _peers.Dispose();
    }

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target)
        .Intermediate("low", "nic0", _capture.NewDriver)
        .Intermediate("high", "low", _capture.NewDriver)
        .Binding("tcpip", over: "high");

    [Fact]
    public async Task A_request_can_be_followed_from_layer_to_layer_and_back()
    {
        OffloadedConnection connection = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        (await Named("send", connection.SendAsync(new byte[77]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", connection.DisposeAsync().AsTask());

        JsonElement[] lines = Lines();
        JsonElement[] send = [.. lines.Where(line => Text(line, "operation") == "Send")];
        send.Select(line => $"{Text(line, "layer")} {Text(line, "way")}")
            .ShouldBe(["high down", "low down", "low up", "high up"]);
        send.Select(line => (line.GetProperty("request").GetInt64(), line.GetProperty("flight").GetInt64()))
            .Distinct().Count().ShouldBe(1);
        send.ShouldAllBe(line => Text(line, "connection") == connection.Handle.ToString()
            && line.GetProperty("offset").GetInt64() == 0);
        send[0].GetProperty("bytes").GetInt64().ShouldBe(77);
        send[1].GetProperty("path").GetString().ShouldBe("tcpip/high");
        (Text(send[3], "status"), send[3].GetProperty("transferred").GetInt64()).ShouldBe(("Success", 77));
        send.Select(line => line.GetProperty("at").GetDateTimeOffset()).ShouldBeInOrder();
        lines.Select(line => Text(line, "operation")).Distinct().ShouldBe(["Initiate", "Send", "Terminate"]);
    }

    [Fact]
    public async Task Of_two_layers_one_writes_the_packets()
    {
        OffloadedConnection connection = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        await Named("send", connection.SendAsync(Encoding.ASCII.GetBytes("only once")).AsTask());
        await Named("dispose", connection.DisposeAsync().AsTask());

        Encoding.Latin1.GetString(_packets.ToArray()).Split("only once").Length.ShouldBe(2);
    }

    [Fact]
    public async Task It_goes_on_over_its_own_death()
    {
        OffloadedConnection connection = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        await Named("send", connection.SendAsync(Encoding.ASCII.GetBytes("before")).AsTask());
        Crashes.Arm("high", CrashStep.After, 0);
        await Named("dies", connection.SendAsync(Encoding.ASCII.GetBytes("over it")).AsTask());
        await Until(() => Chimney.Ledger.DriverDeaths == 1);
        await Until(() => Chimney.Stack.Life.Adapters.TrueForAll(adapter => adapter.IsThere));
        UploadResult back = await Named("upload", connection.UploadAsync());
        OffloadedConnection again = await Named("offload", Chimney.Binding("tcpip").OffloadAsync(back));
        await Named("send", again.SendAsync(Encoding.ASCII.GetBytes("afterwards")).AsTask());
        await Named("dispose", again.DisposeAsync().AsTask());

        string packets = Encoding.Latin1.GetString(_packets.ToArray());
        packets.ShouldContain("before");
        packets.ShouldContain("afterwards");
        packets.Split("made up").Length.ShouldBe(4, "one handshake: it is the same connection");
    }

    [Fact]
    public async Task After_so_many_bytes_it_stops_and_nobody_notices()
    {
        OffloadedConnection connection = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        for (int i = 0; i < 10; i++)
            (await Named("send", connection.SendAsync(new byte[40_000]).AsTask())).BytesAcknowledged.ShouldBe(40_000);
        await Named("dispose", connection.DisposeAsync().AsTask());

        _capture.Stopped.ShouldNotBeNull().ShouldContain("200000 are the limit");
        _packets.Length.ShouldBeInRange(150_000, 250_000);
    }

    [Fact]
    public async Task A_disk_that_is_full_ends_the_capture_and_no_driver()
    {
        _packets.Dispose();
        OffloadedConnection connection = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        (await Named("send", connection.SendAsync(new byte[10]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", connection.DisposeAsync().AsTask());

        _capture.Stopped.ShouldNotBeNull();
        Chimney.Ledger.DriverDeaths.ShouldBe(0);
    }

    [Fact]
    public void A_limit_that_leaves_room_for_nothing_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new Capture(_packets, null, 1_000));

    private JsonElement[] Lines() => [.. Encoding.UTF8.GetString(_requests.ToArray())
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();
}
