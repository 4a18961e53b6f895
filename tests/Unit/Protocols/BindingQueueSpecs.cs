using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Protocols;

/// <summary>Exhausted pools make a binding wait; they never fail, lose, double or block what is not waiting for
/// them.</summary>
public sealed class BindingQueueSpecs : SmallPoolSpec
{
    [Fact]
    public async Task Sends_wait_for_room_and_go_in_order()
    {
        OffloadedConnection connection = await OffloadAsync();
        Task<SendResult>[] sends = [.. "abcdefgh".Select(c => connection.SendAsync(new[] { (byte)c }).AsTask())];
        (await Named("sends", Task.WhenAll(sends))).ShouldAllBe(send => send.Status == NdisStatus.Success);
        Target[connection.Handle].Sent.ShouldBe("abcdefgh"u8.ToArray());
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_chain_longer_than_the_pool_goes_in_parts()
    {
        OffloadedConnection connection = await OffloadAsync();
        ReadOnlyMemory<byte>[] chain = [.. "abcdefg".Select(c => (ReadOnlyMemory<byte>)new[] { (byte)c })];
        Task<SendResult>[] sends = [.. connection.SendChainAsync(chain).Select(one => one.AsTask())];
        (await Named("chain", Task.WhenAll(sends))).ShouldAllBe(send => send.Status == NdisStatus.Success);
        Target[connection.Handle].Sent.ShouldBe("abcdefg"u8.ToArray());
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Sends_do_not_wait_behind_receives_that_wait_for_the_peer()
    {
        OffloadedConnection connection = await OffloadAsync();
        Task<ReceiveResult>[] receives =
            [.. Enumerable.Range(0, 4).Select(_ => connection.ReceiveAsync(new byte[1]).AsTask())];
        (await Named("send", connection.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        receives.ShouldAllBe(receive => !receive.IsCompleted);
        Target[connection.Handle].Feed("wxyz"u8);
        (await Named("receives", Task.WhenAll(receives))).ShouldAllBe(receive => receive.BytesReceived == 1);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task An_abortive_disconnect_and_a_terminate_get_through_a_full_pool()
    {
        Target.IsAutomatic = false;
        OffloadedConnection connection = await OffloadAsync();
        OffloadedConnection second = await OffloadAsync();
        Task<SendResult>[] stuck = [.. Enumerable.Range(0, 5).Select(_ => connection.SendAsync(new byte[1]).AsTask())];
        Task<SendResult> behind = second.SendAsync(new byte[1]).AsTask();
        Task<DisconnectResult> abort = connection.DisconnectAsync(DisconnectKind.Abortive);
        Wire wire = Target[connection.Handle];
        while (!abort.IsCompleted)
        {
            wire.Run();
            await Task.Yield();
        }
        (await abort).Status.ShouldBe(NdisStatus.Success);
        foreach (SendResult send in await Named("stuck", Task.WhenAll(stuck)))
            send.Status.ShouldBeOneOf(NdisStatus.RequestAborted, NdisStatus.Success);
        UploadResult rest = await Named("upload", second.UploadAsync());
        rest.Socket.ShouldNotBeNull();
        (await Named("behind", behind)).Status.ShouldBe(NdisStatus.UploadInProgress);
        await Named("dispose", connection.DisposeAsync().AsTask());
        rest.Socket.Dispose();
    }

    /// <summary>It waited behind receives of another connection, whose peer was silent, for room that it would not
    /// use.</summary>
    [Fact]
    public async Task What_is_posted_after_the_terminate_is_answered_at_once()
    {
        Target.IsAutomatic = false;
        OffloadedConnection silent = await OffloadAsync();
        OffloadedConnection left = await OffloadAsync();
        Task<ReceiveResult>[] receives =
            [.. Enumerable.Range(0, 3).Select(_ => silent.ReceiveAsync(new byte[1]).AsTask())];
        Task<SendResult>[] sends = [.. Enumerable.Range(0, 3).Select(_ => silent.SendAsync(new byte[1]).AsTask())];
        await Until(() => Target[silent.Handle].Queued == 4);
        await Named("left", left.DisposeAsync().AsTask());

        (await Named("receive", left.ReceiveAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.UploadInProgress);
        (await Named("send", left.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.UploadInProgress);

        receives.ShouldAllBe(receive => !receive.IsCompleted);
        sends.ShouldAllBe(send => !send.IsCompleted);
        await Named("silent", silent.DisposeAsync().AsTask());
        await Named("sends", Task.WhenAll(sends));
        await Named("receives", Task.WhenAll(receives));
    }

    [Fact]
    public async Task Room_that_one_binding_no_longer_wants_goes_to_the_other()
    {
        Target.IsAutomatic = false;
        OffloadedConnection first = await OffloadAsync();
        OffloadedConnection leaver = await OffloadAsync();
        OffloadedConnection other = await OffloadAsync(NewSocket(), null, "other");
        Task<SendResult>[] full = [first.SendAsync(new byte[1]).AsTask(), first.SendAsync(new byte[1]).AsTask()];
        Task<SendResult> leaves = leaver.SendAsync(new byte[1]).AsTask();
        // Only when it is down there does the other binding ask, so that it is the second in the queue.
        await Named("waits", leaver.MakesARoundAsync(this));
        Task<SendResult> waits = other.SendAsync(new byte[1]).AsTask();
        await Named("upload", leaver.DisposeAsync().AsTask());
        (await Named("leaves", leaves)).Status.ShouldBe(NdisStatus.UploadInProgress);
        await Until(() => Target[first.Handle].Queued == 2);
        Target[first.Handle].Run();
        await Named("full", Task.WhenAll(full));
        Wire wire = Target[other.Handle];
        while (!waits.IsCompleted)
        {
            wire.Run();
            await Task.Yield();
        }
        await Named("first", first.DisposeAsync().AsTask());
        await Named("other", other.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(CrashStep.Before)]
    [InlineData(CrashStep.Between)]
    [InlineData(CrashStep.After)]
    public async Task A_post_that_waited_is_not_sent_twice_when_the_binding_dies(CrashStep step)
    {
        for (int visit = 0; visit < 30; visit++)
        {
            OffloadedConnection connection = await OffloadAsync();
            Crashes.Arm("tcpip", step, visit);
            Task<SendResult>[] sends =
                [.. Enumerable.Range(0, 10).Select(i => connection.SendAsync(new byte[] { (byte)i }).AsTask())];
            SendResult[] results = await Named($"sends {visit}", Task.WhenAll(sends));
            Crashes.Disarm();
            UploadResult rest = await Named("upload", connection.UploadAsync());
            byte[] got = Target.PeerOf(rest.Socket!).Got;
            // Nothing is sent after its caller was told that it was not: the memory is the caller's again.
            got.ShouldBe(Enumerable.Range(0, got.Length).Select(i => (byte)i), $"{visit}");
            for (int i = 0; i < results.Length; i++)
                results[i].Status.ShouldBe(
                    i < got.Length ? NdisStatus.Success : NdisStatus.UploadInProgress, $"{visit}");
            rest.Socket!.Dispose();
        }
    }
}

/// <summary>Waits for what a binding has handled, by something that it handles behind it.</summary>
internal static class BindingTurns
{
    /// <summary>A zero-byte receive has made its round: whatever was posted before it was handled.</summary>
    public static async Task MakesARoundAsync(this OffloadedConnection connection, StackSpec spec) =>
        await spec.Named("round", connection.ReceiveAsync(Memory<byte>.Empty).AsTask());
}
