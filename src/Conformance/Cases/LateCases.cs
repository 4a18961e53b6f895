using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>LIFE-16 and LIFE-17: what is no longer wanted, and what comes while the adapter is pausing.</summary>
internal static class LateCases
{
    private const int Much = 100_000;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A send that waits is cancelled, and what is behind it closes up", Cancel, "LIFE-16")
            { Plan = new StagePlan { Settings = "chimney.pools.sends-max = 1" } },
        new("What comes while the adapter is pausing is refused, or told of the upload", Pausing, "LIFE-17"),
    ];

    private static async Task Cancel(Play play)
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> underWay = line.Send(Much, first.Token);
        await play.SettleAsync(line);
        Task<SendResult> waits = line.SendUnwanted(700, second.Token), behind = line.Send(5_000);
        Now(second);
        SendResult cancelled = await play.Ends("LIFE-16", "a send that was cancelled", waits);
        play.Check("LIFE-16", cancelled is { Status: NdisStatus.SendAborted, BytesAcknowledged: 0 }, $"{cancelled}",
            Stage.Binding);
        Now(first);
        await play.SettleAsync(line);
        play.Check("LIFE-16", !underWay.IsCompleted, "what is a part of the stream was cancelled");
        line.Peer.Reads = true;
        SendResult[] rest = [await play.Ends(underWay), await play.Ends(behind)];
        play.Check("LIFE-16", rest.All(sent => sent.Status == NdisStatus.Success), string.Join(", ", rest));
        await play.Until("LIFE-16", "the peer has the rest", () => line.Peer.Received == Much + 5_000);
        play.Check("LIFE-16", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
        int down = play.Trace.Count(entry => entry.Is(Place.Above, Act.Down, OffloadOperation.Send));
        play.Check("LIFE-16", down == 2, $"{down} of two sends went down", Stage.Binding);
        SendResult never = await line.SendUnwanted(1, second.Token);
        play.Check("LIFE-16", never.Status == NdisStatus.SendAborted, $"cancelled before it was posted: {never}",
            Stage.Binding);
    }

    /// <summary>On this thread.</summary>
    private static void Now(CancellationTokenSource source) => source.Cancel();

    /// <summary>Data that the host keeps holds the pause up.</summary>
    private static async Task Pausing(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Keeps = true;
        line.Peer.Say(100);
        await play.Until("LIFE-17", "the data is lent", () => line.Taken == 100);
        while (!IsPausing(play))        // each is answered at once that it is still going on
            foreach (Adapter adapter in play.Stage.Adapters)
                await play.Ends("LIFE-17", "a pause", adapter.PauseAsync(TimeSpan.Zero));
        SendResult sent = await play.Ends("LIFE-17", "a send of a connection that is uploaded", line.Send(100));
        play.Check("LIFE-17", sent.Status == NdisStatus.UploadInProgress, $"{sent}");
        NdisStatus status = NdisStatus.Success;
        try
        {
            await play.Ends("LIFE-17", "an initiate", play.NewLine().TryOffloadAsync());
        }
        catch (OffloadException refused)
        {
            status = refused.Status;
        }
        play.Check("LIFE-17", status == NdisStatus.Paused, $"an initiate ends with {status}");
        play.Check("LIFE-17", IsPausing(play), "the pause did not wait for the data");
        Task<LifeResult[]> pauses = Task.WhenAll(play.Stage.Adapters.Select(adapter => adapter.PauseAsync()));
        line.ReturnAll();
        LifeResult[] ends = await play.Ends("LIFE-17", "a pause", pauses);
        play.Check("LIFE-17", ends.All(end => end.IsDone), string.Join(", ", ends.Select(end => end.WaitsFor)));
    }

    private static bool IsPausing(Play play) =>
        play.Stage.Adapters.Any(adapter => adapter.State == AdapterState.Pausing);
}
