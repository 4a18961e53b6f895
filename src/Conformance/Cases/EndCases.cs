using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>EVT: connections of which a half is closed, or nothing is left.</summary>
internal static class EndCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A connection of which one half is closed is not asked back", HalfClosed, "EVT-14"),
        new("A connection that was aborted is terminated by whoever used it", Aborted, "EVT-06"),
    ];

    /// <summary>In CLOSE_WAIT, FIN_WAIT_1 and FIN_WAIT_2; shorter than FIN_WAIT_2 may last.</summary>
    private static async Task HalfClosed(Play play)
    {
        Line theirs = await play.OffloadAsync(), ours = await play.OffloadAsync();
        Line stuck = await play.OffloadAsync(LinePlan.Stuck);
        Line[] lines = [theirs, ours, stuck];
        theirs.Peer.Finish();
        await play.Until("EVT-14", "the peer's FIN is heard", () => theirs.Closes == 1);
        await play.Ends(ours.Disconnect(DisconnectKind.Graceful, 10));
        Task<DisconnectResult> waits = stuck.Disconnect(DisconnectKind.Graceful, 1 << 20);
        foreach (Line line in lines)
            await play.SettleAsync(line);
        if (play.Stage.Abilities.HasFlag(Ability.VirtualTime))
            await play.Stage.PassAsync(TimeSpan.FromSeconds(60));
        foreach (Line line in lines)
        {
            TraceEntry? asked = line.Trace.FirstOrDefault(entry => entry.Said?.Type == TcpOffloadEventType.Retrieve);
            play.Check("EVT-14", asked is null && !line.Connection.WantsUpload, $"is asked back: {asked}");
        }
        play.Check("EVT-14", !waits.IsCompleted, "a disconnect ended although its peer does not read");
    }

    private static async Task Aborted(Play play)
    {
        Line line = await play.OffloadAsync();
        OffloadHandle handle = line.Handle;
        line.Peer.Reset();
        await play.Until("EVT-06", "the host hears of the abort", () => line.Aborts == 1);
        await line.Upload();
        TraceEntry[] seen = [.. play.Trace.Where(entry => entry.Place == Place.Target && entry.Connection == handle)];
        int said = Lives.At(seen, entry => entry.Said?.Type == TcpOffloadEventType.Abort);
        int ended = Lives.At(seen, entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Terminate));
        play.Check("EVT-06", said < ended && ended < int.MaxValue, "was not terminated behind its abort",
            Stage.Binding);
        play.Check("EVT-06", play.Stage.Chimney.Connections == 0, "it is still known", Stage.Binding);
    }
}
