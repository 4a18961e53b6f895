using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Conformance.Cases;

/// <summary>What of a wire shows at the sockets at its ends, where the wire itself cannot be seen.</summary>
internal static class SocketCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("The FIN is on its way behind data that a socket still has", FinBehindData, "DISC-11")
            { Needs = Ability.SocketCounts },
        new("No byte is missing where a socket would put urgent data aside", NotUrgent, "SEND-14")
            { Needs = Ability.SocketCounts },
        new("A peer's socket keeps nothing of what the host refuses", Acknowledged, "RIND-08")
            { Needs = Ability.SocketCounts },
    ];

    private static async Task FinBehindData(Play play)
    {
        Line line = play.NewLine(LinePlan.Stuck);
        line.Peer.Socket.SendBufferSize = 1 << 20;      // there is room for all of it, but not at the peer
        await line.OffloadAsync();
        Task<SendResult> send = line.Send(100_000);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 100);
        await Lives.UntilAsync(play, "DISC-11", "the connection is in FIN_WAIT_1", () =>
            NativeTcp.State((int)line.Peer.Socket.Handle) == KernelTcpState.FinWait1);
        play.Check("DISC-11", !send.IsCompleted && !end.IsCompleted, "data was not acknowledged, and yet it ended");
        line.Peer.Reads = true;
        play.Check("DISC-11", (await play.Ends(send)).Status == NdisStatus.Success, $"{send.Result}");
        play.Check("DISC-11", (await play.Ends(end)).Status == NdisStatus.Success, $"{end.Result}");
    }

    private static async Task NotUrgent(Play play)
    {
        Line line = await play.OffloadAsync();
        foreach (Task<SendResult> send in line.SendChain(1, 500, 70_000))
            await play.Ends(send);
        await play.Ends(line.SendInBuffers(3, 1, 4_000));
        await play.Ends(line.Disconnect(DisconnectKind.Graceful, 7));
        await play.Until("SEND-14", "the peer has all of the stream", () => line.Peer.Received == line.Sent);
        play.Check("SEND-14", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}", Stage.Binding);
    }

    private static async Task Acknowledged(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(3_000);
        await play.Until("RIND-08", "refused data comes back", () => line.Trace.Any(entry => entry is
            { Place: Place.Target, Act: Act.Answer, Source: TcpOffloadReceiveRefused }));
        var peer = (LoopbackPeer)line.Peer;
        await Lives.UntilAsync(
            play, "RIND-08", "all that the peer sent is acknowledged", () => peer.Unacknowledged == 0);
    }
}
