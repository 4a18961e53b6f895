using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>INIT: handing a connection to the target.</summary>
internal static class InitiateCases
{
    private const int LevelIP = 0;
    private const int OptionOptions = 4;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A connection is live as soon as it is offloaded", Live, "INIT-01", "INIT-05", "INIT-18", "RIND-09"),
        new("Connections are offloaded at the same time, and each has its own state", AtTheSameTime,
            "INIT-03", "INIT-17", "GEN-14"),
        new("Without room a connection is refused with the reason, and not used", NoRoom,
            "INIT-07", "INIT-24", "INIT-28", "IM-18")
            { Plan = new StagePlan { ConnectionsMax = 2 }, Needs = Ability.Room },
        new("Buffered data is copied, and comes before all other", Buffered, "INIT-09", "INIT-10", "INIT-11",
            "TERM-15"),
        new("A half-closed connection can be offloaded", HalfClosed, "INIT-19", "TERM-23"),
        new("A connection that needs IPv4 options stays with the host", Options, "INIT-20"),
    ];

    private static async Task Live(Play play)
    {
        Line line = play.NewLine();
        line.Peer.Say(1_000);
        await line.OffloadAsync();
        TraceEntry? up = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Initiate));
        play.Check("INIT-05", up?.Status == NdisStatus.Success, $"{up}");
        play.Check("INIT-01", up is { Inside: false }, "completed inside of its request");
        await play.Until("INIT-18", "data from before is heard", () => line.Taken == 1_000);
        TraceEntry? data = play.Find(entry => entry is { Place: Place.Target, Act: Act.Data });
        play.Check("RIND-09", data?.Number > up?.Number, "indicated before the initiate was completed");
    }

    private static async Task AtTheSameTime(Play play)
    {
        Line[] lines = [.. Enumerable.Range(0, 8).Select(_ => play.NewLine())];
        Task<OffloadedConnection>[] all = [.. lines.Select(line => line.TryOffloadAsync())];
        foreach (Task<OffloadedConnection> one in all)
            await play.Ends("INIT-17", "one of several initiates", one);
        foreach (Line line in lines)
            line.Peer.Say(3_000);
        Task<SendResult>[] sends = [.. lines.SelectMany(line => line.SendChain(500, 1_000))];
        foreach (Task<SendResult> send in sends)
            play.Check("GEN-14", (await play.Ends(send)).Status == NdisStatus.Success, $"{send.Result}");
        await play.Until("INIT-03", "each has its own data", () =>
            Array.TrueForAll(lines, line => line is { Taken: 3_000, Peer.Received: 1_500 }));
        play.Check("INIT-03", Array.TrueForAll(lines, line => line is { Wrong: null, Peer.Wrong: null }), "of another");
    }

    private static async Task NoRoom(Play play)
    {
        Line[] first = [await play.OffloadAsync(), await play.OffloadAsync()];  // one for each of two adapters
        Line second = play.NewLine();
        NdisStatus status = await Refusal(play, second);
        play.Check("INIT-07", status == NdisStatus.OffloadTcpEntries, $"refused with {status}");
        play.Check("INIT-24", status == NdisStatus.OffloadTcpEntries, $"refused with {status}");
        TraceEntry[] failed = [.. play.Trace.Where(entry => entry is { Place: Place.Target, Connection.IsNone: false }
            && first.All(line => entry.Connection != line.Handle))];
        play.Check("INIT-28", failed.All(entry => entry.Operation == OffloadOperation.Initiate),
            "a connection that was refused is used", Stage.Binding);
        play.Check("IM-18", play.Stage.Chimney.Connections == 2, "it is still known in the stack", Stage.Driver);
        foreach (Line line in first)
            await line.Upload();
        OffloadedConnection connection = await play.Ends("INIT-24", "an initiate with room again",
            second.TryOffloadAsync());
        play.Check("INIT-24", !connection.Handle.IsNone, "there is no room after others were taken back");
    }

    private static async Task Buffered(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(100);
        await play.Until("TERM-15", "data is refused", () => line.Trace.Any(entry => entry is
            { Place: Place.Target, Act: Act.Answer, Source: TcpOffloadReceiveRefused }));
        UploadResult rest = await line.Upload();
        play.Check("TERM-15", rest.BufferedData.Length == 100, $"{rest.BufferedData.Length} of 100 bytes came back");
        byte[] buffered = rest.BufferedData.ToArray();
        line.Peer.Say(100);
        line.Refuses = false;
        await play.Ends("INIT-09", "an initiate with buffered data",
            line.TryOffloadAsync(rest with { BufferedData = buffered }));
        Array.Fill(buffered, (byte)0);
        await play.Until("INIT-11", "all data is there", () => line.Taken >= 200);
        TraceEntry? first = line.Trace.FirstOrDefault(entry => entry is { Place: Place.Target, Act: Act.Data });
        play.Check("INIT-09", first?.Offset == 0, $"buffered data is not the first that is heard: {first}");
        play.Check("INIT-10", line.Wrong is null, "the buffer of the host was used after the initiate");
        play.Check("INIT-11", line.Wrong is null && line.Taken == 200, $"{line.Wrong}, {line.Taken} bytes");
    }

    private static async Task HalfClosed(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Disconnect(DisconnectKind.Graceful, 10));
        UploadResult rest = await line.Upload();
        play.Check("TERM-23", rest is { FinSent: true, Socket: not null }, "could not be taken back half closed");
        await play.Ends("INIT-19", "an initiate of a half-closed connection", line.TryOffloadAsync(rest));
        line.Peer.Say(500);
        line.Peer.Finish();
        await play.Until("INIT-19", "the peer is heard to its end", () => line is { Taken: 500, Closes: 1 });
        play.Check("INIT-19", line.Wrong is null, $"at the host {line.Wrong}");
    }

    private static async Task Options(Play play)
    {
        Line line = play.NewLine();
        line.Peer.Socket.SetRawSocketOption(LevelIP, OptionOptions, [1, 1, 1, 0]);      // nothing, three times
        string? why = null;
        try
        {
            await play.Ends("INIT-20", "the offload", play.Stage.Chimney.Binding(Stage.Binding)
                .OffloadAsync(line.Peer.Socket, line));
        }
        catch (OffloadException refused)
        {
            why = refused.Message;
        }
        play.Check("INIT-20", why is not null && why.Contains("IPv4 options", StringComparison.Ordinal),
            $"it was refused with '{why}'", Stage.Binding);
        play.Check("INIT-20", play.Trace.All(entry => entry.Operation != OffloadOperation.Initiate),
            "its initiate went down", Stage.Binding);
    }

    private static async Task<NdisStatus> Refusal(Play play, Line line)
    {
        try
        {
            await play.Ends("INIT-24", "an initiate without room", line.TryOffloadAsync());
            return NdisStatus.Success;
        }
        catch (OffloadException refused)
        {
            return refused.Status;
        }
    }
}
