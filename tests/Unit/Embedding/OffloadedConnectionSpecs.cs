using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

public sealed class OffloadedConnectionSpecs : StackSpec
{
    [Fact]
    public async Task A_send_goes_down_three_layers_and_its_completion_comes_back()
    {
        OffloadedConnection connection = await OffloadAsync();
        SendResult sent = await Within(connection.SendAsync("hello"u8.ToArray()).AsTask());
        sent.ShouldBe(new SendResult(NdisStatus.Success, 5));
        Target[connection.Handle].Sent.ShouldBe("hello"u8.ToArray());
        await Within(connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_graceful_disconnect_carries_the_last_data_behind_all_sends()
    {
        OffloadedConnection connection = await OffloadAsync();
        Wire wire = Target[connection.Handle];
        Task<SendResult>[] sends =
        [
            .. connection.SendChainAsync(["a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray()])
                .Select(one => one.AsTask()),
        ];
        DisconnectResult end = await Within(connection.DisconnectAsync(DisconnectKind.Graceful, "bye"u8.ToArray()));
        (await Within(Task.WhenAll(sends))).ShouldAllBe(send => send.Status == NdisStatus.Success);
        end.ShouldBe(new DisconnectResult(NdisStatus.Success, 6));
        wire.Sent.ShouldBe("abcbye"u8.ToArray());
        await Within(connection.DisposeAsync().AsTask());
    }
}
