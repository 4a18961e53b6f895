using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A completion that is back in a driver's mailbox before the handler that passed the request on has returned
/// was taken for a request that the driver kept (V-16).</summary>
public sealed class QuickReturnSpecs : StackSpec
{
    [Fact]
    public async Task A_request_that_is_back_before_its_handler_returns_was_not_kept()
    {
        OffloadedConnection connection = await OffloadAsync();
        for (int round = 0; round < 50; round++)
        {
            Task<SendResult>[] sends =
                [.. Enumerable.Range(0, 400).Select(_ => connection.SendAsync(new byte[1]).AsTask())];
            (await Within(Task.WhenAll(sends))).ShouldAllBe(send => send.Status == NdisStatus.Success);
        }
        await Within(connection.DisposeAsync().AsTask());
        Chimney.Violations.ShouldBeEmpty();
    }
}
