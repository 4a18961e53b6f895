using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;

namespace ChimneyActors.Conformance.Cases;

/// <summary>NBL: bookkeeping of buffers.</summary>
internal static class BufferCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("An advance moves offset and length, keeps the memory, and does not go past the end", Advance,
            "NBL-07", "NBL-08", "NBL-09"),
        new("Data in several buffers of several lengths goes out as one, from where it lies", Pieces,
            "NBL-02", "NBL-16", "SEND-10", "GEN-10"),
        new("Counts and advances agree for every operation", Counts, "NBL-10", "NBL-11", "NBL-15"),
    ];

    private static Task Advance(Play play)
    {
        var buffer = new NetBuffer();
        buffer.Attach(new byte[100].AsMemory());
        buffer.Advance(40);
        play.Check("NBL-07", buffer is { DataOffset: 40, DataLength: 60 },
            $"offset {buffer.DataOffset}, length {buffer.DataLength}", "the runtime");
        play.Check("NBL-09", buffer.MdlChain is { Memory.Length: 100 }, "memory was let go", "the runtime");
        bool refused = false;
        try
        {
            buffer.Advance(61);
        }
        catch (ContractViolationException)
        {
            refused = true;
        }
        play.Check("NBL-08", refused && buffer is { DataOffset: 40, DataLength: 60 }, "went past the end",
            "the runtime");
        return Task.CompletedTask;
    }

    private static async Task Pieces(Play play)
    {
        Line line = await play.OffloadAsync();
        int[] lengths = [1, 5_000, 0, 70, 20_000, 3];
        SendResult sent = await play.Ends(line.SendInBuffers(lengths));
        play.Check("NBL-16", sent.BytesAcknowledged == lengths.Sum(), $"{sent}");
        await play.Until("NBL-16", "the peer has all data", () => line.Peer.Received == lengths.Sum());
        play.Check("NBL-16", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
        TraceEntry? down = play.Find(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Send));
        TraceEntry? back = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Send));
        play.Check("NBL-02", down?.Buffers == lengths.Length, $"{down?.Buffers} NET_BUFFERs", Stage.Binding);
        play.Check("GEN-10", back?.Buffers == down?.Buffers, $"came back with {back?.Buffers} NET_BUFFERs");
        play.Check("SEND-10", back is { Length: 0 } && back.Advanced == lengths.Sum(), $"{back}");
    }

    private static async Task Counts(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> receive = line.Receive(300);
        await line.HasSpace(1);
        line.Peer.Say(200);
        SendResult sent = await play.Ends(line.Send(700));
        Receipt got = await play.Ends(receive);
        play.Check("NBL-10", sent.BytesAcknowledged == 700 && got.Data.Length == 200, $"{sent}, {got}");
        await play.Ends(line.Disconnect(Ndis.DisconnectKind.Graceful, 30));
        TraceEntry[] ups = [.. line.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Up }
            && entry.Parcel is NetBufferList)];
        play.Check("NBL-11", ups.Length == 3 && ups.All(entry => entry.Bytes == entry.Advanced), "they do not agree");
        bool pooled = ups.All(entry => play.Stage.Chimney.Stack.Pools.Contains(((NetBufferList)entry.Parcel!).Pool));
        play.Check("NBL-15", pooled, "a list is of no pool of the stack", Stage.Binding);
    }
}
