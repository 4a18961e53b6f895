using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>IM: a driver in the middle that has no context left for what it is to pass on.</summary>
internal static class ContextCases
{
    private static readonly byte[] Segment = [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0];
    private static readonly StagePlan Few = new() { ContextsMax = 2 };

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A chain that finds no context is sent by the host itself", Chain, "SEND-11", "IM-12") { Plan = Few },
        new("A receive, a disconnect or a segment that finds no context goes back to the host", Others, "IM-13")
            { Plan = Few },
        new("What is asked of an offloaded connection finds its context, a new connection may not", State, "IM-14")
            { Plan = Few },
    ];

    private static async Task Chain(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<SendResult>[] sends = line.SendChain(100, 200, 300);
        var results = new List<SendResult>();
        foreach (Task<SendResult> send in sends)
            results.Add(await play.Ends(send));
        string seen = string.Join(", ", results);
        play.Check("IM-12", results[0].Status == NdisStatus.RequestUpload, seen, Stage.Driver);
        play.Check("IM-12", results[1..].TrueForAll(sent => sent.Status == NdisStatus.UploadRequested), seen,
            Stage.Driver);
        play.Check("SEND-11", Below(line, OffloadOperation.Send) is null, "a part of the chain went down",
            Stage.Driver);
        UploadResult rest = await line.Upload();
        play.Check("SEND-11", rest.Positions.Accepted == 0, $"{rest.Positions.Accepted} bytes were sent");
        await play.Ends("SEND-11", "the initiate afterwards", line.TryOffloadAsync(rest));
        int at = 0;
        foreach (int length in (int[])[100, 200, 300])
        {
            byte[] data = Pattern.Bytes(line.Peer.PeerStream, at, length);
            SendResult sent = await play.Ends(line.Connection.SendAsync(data).AsTask());
            play.Check("SEND-11", sent.Status == NdisStatus.Success, $"the host sends it: {sent}");
            at += length;
        }
        await play.Until("SEND-11", "the peer has all data", () => line.Peer.Received == 600);
    }

    private static async Task Others(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt>[] taken = [line.Receive(10), line.Receive(10)];
        await line.HasSpace(2);
        Receipt space = await play.Ends(line.Receive(10));
        NdisStatus segment = await play.Ends(line.Connection.ForwardAsync(Segment)[0]);
        DisconnectResult end = await play.Ends(line.Connection.DisconnectAsync(DisconnectKind.Graceful));
        foreach (NdisStatus status in (NdisStatus[])[space.Status, segment, end.Status])
            play.Check("IM-13", status == NdisStatus.RequestUpload, $"ended with {status}", Stage.Driver);
        play.Check("IM-13", Below(line, OffloadOperation.Disconnect) is null && !line.Peer.SawFin,
            "the disconnect went down", Stage.Driver);
        play.Check("IM-13", line.Trace.Count(entry => entry.Is(Place.Below, Act.Down, OffloadOperation.Receive)) == 2,
            "a receive went down", Stage.Driver);
        line.Peer.Say(20);
        foreach (Task<Receipt> one in taken)
            play.Check("IM-13", (await play.Ends(one)).Status == NdisStatus.Success, "what had a context failed");
    }

    private static async Task State(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt>[] taken = [line.Receive(10), line.Receive(10)];
        await line.HasSpace(2);
        Line late = play.NewLine();
        NdisStatus status = NdisStatus.Success;
        try
        {
            await play.Ends("IM-14", "an initiate without a context", late.TryOffloadAsync());
        }
        catch (OffloadException refused)
        {
            status = refused.Status;
        }
        play.Check("IM-14", status == NdisStatus.Resources, $"an initiate without a context: {status}", Stage.Driver);
        await play.Ends("IM-14", "a query", line.Connection.QueryAsync());
        await play.Ends("IM-14", "an update", Done(
            line.Connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = 7 })));
        UploadResult rest = await line.Upload();
        play.Check("IM-14", rest.Socket is not null, "the terminate failed", Stage.Driver);
        foreach (Task<Receipt> one in taken)
            await play.Ends(one);
        await play.Ends("IM-14", "an initiate with contexts again", late.TryOffloadAsync());
    }

    private static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }

    private static TraceEntry? Below(Line line, OffloadOperation operation) =>
        line.Trace.FirstOrDefault(entry => entry.Is(Place.Below, Act.Down, operation));
}
