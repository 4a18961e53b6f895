using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>What a target does wrong is seen, named, and without effect on whoever waits.</summary>
public sealed class TargetBreachSpecs : StackSpec
{
    [Fact]
    public async Task A_lost_completion_is_found_by_the_hang_watch()
    {
        Expected = [VerifierCheck.NoProgress];
        OffloadedConnection connection = await OffloadAsync();
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TcpOffloadSendComplete)
                upcalls.Complete(completion);
        };
        SendResult sent = await Named("lost", connection.SendAsync("lost"u8.ToArray()).AsTask());
        sent.ShouldBe(new SendResult(NdisStatus.Success, 4));
        Chimney.Violations.ShouldAllBe(violation => violation.Driver == "nic0");
        await UploadAndCheckAsync(connection, "lost");
    }

    [Fact]
    public async Task A_lost_completion_is_found_though_the_hang_watch_has_died()
    {
        Expected = [VerifierCheck.NoProgress];
        OffloadedConnection connection = await OffloadAsync();
        IActorRef watch = await Within(System.ActorSelection($"/user/{Chimney.Stack.Name}/hang-watch")
            .ResolveOne(TimeSpan.FromSeconds(Seconds)));
        await Within(watch.GracefulStop(TimeSpan.FromSeconds(Seconds)));
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TcpOffloadSendComplete)
                upcalls.Complete(completion);
        };
        (await Named("lost", connection.SendAsync("lost"u8.ToArray()).AsTask()))
            .ShouldBe(new SendResult(NdisStatus.Success, 4));
        await UploadAndCheckAsync(connection, "lost");
    }

    [Fact]
    public async Task A_lost_completion_is_found_on_a_busy_connection_too()
    {
        Expected = [VerifierCheck.NoProgress];
        OffloadedConnection connection = await OffloadAsync();
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TcpOffloadReceiveComplete)
                upcalls.Complete(completion);
        };
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[2]).AsTask();
        Target[connection.Handle].Feed("hi"u8);
        var limit = global::System.Diagnostics.Stopwatch.StartNew();
        while (!receive.IsCompleted && limit.Elapsed.TotalSeconds < Seconds)
            await connection.SendAsync(new byte[1]);
        (await Named("receive", receive)).ShouldBe(new ReceiveResult(NdisStatus.Success, 2));
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.Positions.Received.ShouldBe(2);
        rest.Socket!.Dispose();
    }

    [Fact]
    public async Task A_lost_completion_of_a_forwarded_segment_is_found_too()
    {
        Expected = [VerifierCheck.NoProgress];
        OffloadedConnection connection = await OffloadAsync();
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TcpOffloadForwardComplete)
                upcalls.Complete(completion);
        };
        byte[] segment = [.. new byte[12], 5 << 4, .. new byte[7]];
        (await Named("lost", connection.ForwardAsync(segment)[0])).ShouldBe(NdisStatus.Success);
        await UploadAndCheckAsync(connection, "");
    }

    [Fact]
    public async Task A_doubled_completion_is_reported_and_has_no_effect()
    {
        Expected = [VerifierCheck.DoubleComplete];
        OffloadedConnection connection = await OffloadAsync();
        Target.Deliver = (completion, upcalls) =>
        {
            upcalls.Complete(completion);
            if (completion is TcpOffloadSendComplete)
                upcalls.Complete(completion);
        };
        for (int i = 0; i < 20; i++)
            (await Named("send", connection.SendAsync(new byte[1]).AsTask()))
                .ShouldBe(new SendResult(NdisStatus.Success, 1));
        Target.Deliver = null;
        await Named("dispose", connection.DisposeAsync().AsTask());
        Chimney.Violations.ShouldAllBe(violation => violation.Driver == "nic0");
    }

    [Fact]
    public async Task A_completion_told_to_the_wrong_connection_is_reported_and_finds_its_owner()
    {
        Expected = [VerifierCheck.ForeignCompletion];
        OffloadedConnection connection = await OffloadAsync();
        OffloadedConnection wrong = await OffloadAsync();
        IOffloadUpcalls other = Target[wrong.Handle].Upcalls;
        Target.Deliver = (completion, upcalls) =>
            (completion is TcpOffloadSendComplete ? other : upcalls).Complete(completion);
        (await Named("send", connection.SendAsync(new byte[3]).AsTask()))
            .ShouldBe(new SendResult(NdisStatus.Success, 3));
        Target.Deliver = null;
        Chimney.Violations.ShouldAllBe(violation => violation.Driver == "nic0");
        await Named("dispose", connection.DisposeAsync().AsTask());
        await Named("dispose", wrong.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(NdisStatus.Success, 99, VerifierCheck.ByteAccount)]
    [InlineData(NdisStatus.Success, -1, VerifierCheck.ByteAccount)]
    [InlineData(NdisStatus.OffloadTcpEntries, 4, VerifierCheck.StatusNotAllowed)]
    [InlineData(NdisStatus.Pending, 4, VerifierCheck.StatusNotAllowed)]
    public async Task What_a_target_makes_up_is_not_told_to_whoever_waits(
        NdisStatus status, long bytes, VerifierCheck check)
    {
        Expected = [check];     // SEND-03, NBL-11
        OffloadedConnection connection = await OffloadAsync();
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is TcpOffloadSendComplete)
            {
                completion.Flight.Head.Status = status;
                completion.Flight.Head.BytesTransferred = bytes;
            }
            upcalls.Complete(completion);
        };
        SendResult sent = await Named("send", connection.SendAsync("data"u8.ToArray()).AsTask());
        sent.ShouldBe(new SendResult(NdisStatus.UploadInProgress, 4));
        connection.BytesAcknowledged.ShouldBe(4);
        Target.Deliver = null;
        await UploadAndCheckAsync(connection, "data");
    }

    [Fact]
    public async Task A_target_that_never_lets_go_loses_the_memory_but_nobody_waits()
    {
        Quarantined = 3;
        Target.IsAutomatic = false;
        Target.AnswersSever = false;
        OffloadedConnection connection = await OffloadAsync();
        Task<SendResult>[] sends =
            [connection.SendAsync(new byte[1]).AsTask(), connection.SendAsync(new byte[1]).AsTask()];
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[1]).AsTask();
        await Until(() => Target[connection.Handle].Queued == 3);
        Crashes.Arm("connection", CrashStep.Before, 0);
        Target[connection.Handle].Say(TcpUploadReason.LowActivity);
        foreach (SendResult send in await Named("sends", Task.WhenAll(sends)))
            send.ShouldBe(new SendResult(NdisStatus.RequestAborted, 0));
        (await Named("receive", receive)).Status.ShouldBe(NdisStatus.RequestAborted);
        await Named("aborted", connection.Aborted);
        (await Named("upload", connection.UploadAsync())).Socket.ShouldBeNull();
    }

    private async Task UploadAndCheckAsync(OffloadedConnection connection, string sent)
    {
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.Socket.ShouldNotBeNull();
        rest.Positions.Accepted.ShouldBe(sent.Length);
        Target.PeerOf(rest.Socket).Got.ShouldBe(global::System.Text.Encoding.ASCII.GetBytes(sent));
        rest.Socket.Dispose();
    }
}
