using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>What a target had finished, left behind or never begun when a connection's actor went.</summary>
public sealed class UnfinishedBusinessSpecs : StackSpec
{
    private readonly HearingUser _user = new();

    [Fact]
    public async Task A_terminate_that_leaves_a_send_behind_is_a_violation_and_both_come_home()
    {
        OffloadedConnection connection = await OffloadAsync(_user);
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TcpOffloadSendComplete)
                upcalls.Complete(completion);
        };
        Task<SendResult> send = connection.SendAsync("lost"u8.ToArray()).AsTask();
        UploadResult uploaded = await Within(connection.UploadAsync());
        (await Within(send)).ShouldBe(new SendResult(NdisStatus.Success, 4));
        uploaded.Socket.ShouldNotBeNull();
        uploaded.Socket.Dispose();
        Expected = [.. Chimney.Violations.Select(violation => violation.Check)];
        Expected.Single().ShouldBeOneOf(VerifierCheck.Order, VerifierCheck.NoProgress);
    }

    [Fact]
    public async Task A_terminate_whose_completion_is_lost_gives_the_socket_back_and_aborts_nothing()
    {
        OffloadedConnection connection = await OffloadAsync(_user);
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TerminateOffloadComplete)
                upcalls.Complete(completion);
        };
        UploadResult uploaded = await Within(connection.UploadAsync());
        uploaded.Socket.ShouldNotBeNull();
        uploaded.Socket.Dispose();
        await Within(QuietAsync());
        _user.Aborted.IsCompleted.ShouldBeFalse();
        Expected = [VerifierCheck.NoProgress];
    }

    [Fact]
    public async Task A_connection_that_never_began_has_no_stand_in()
    {
        Crashes.Arm("connection-", CrashStep.Between, 0);
        OffloadException failed = await Should.ThrowAsync<OffloadException>(
            () => Within(Chimney.Binding("tcpip").OffloadAsync(NewSocket(), _user)));
        failed.Status.ShouldBe(NdisStatus.Failure);
        await Within(QuietAsync());
        _user.Aborted.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Data_in_the_mailbox_of_a_dead_connection_is_handed_back_before_the_terminate_is_answered()
    {
        for (int round = 0; round < 20; round++)
        {
            OffloadedConnection connection = await OffloadAsync();
            Wire wire = Target[connection.Handle];
            // The data reaches the mailbox while the last message of the actor is being handled.
            Target.Deliver = (completion, upcalls) =>
            {
                upcalls.Complete(completion);
                Crashes.Arm("connection-", CrashStep.After, 0);
                wire.Feed("hello"u8);
            };
            Task<SendResult> send = connection.SendAsync("x"u8.ToArray()).AsTask();
            UploadResult uploaded = await Within(connection.UploadAsync());
            Target.Deliver = null;
            (await Within(send)).BytesAcknowledged.ShouldBe(1);
            uploaded.Positions.Received.ShouldBe(5);
            uploaded.BufferedData.ToArray().ShouldBe("hello"u8.ToArray());
            Crashes.Disarm();
            uploaded.Socket!.Dispose();
        }
    }

    [Fact]
    public async Task An_old_completion_of_a_list_that_serves_another_connection_by_now_is_doubled_not_foreign()
    {
        OffloadCompletion? old = null;
        IOffloadUpcalls? first = null;
        OffloadedConnection one = await OffloadAsync();
        OffloadedConnection other = await OffloadAsync();
        Target.Deliver = (completion, upcalls) =>
        {
            (old, first) = (completion, upcalls);
            upcalls.Complete(completion);
        };
        await Within(one.SendAsync("x"u8.ToArray()).AsTask());
        Target.Deliver = null;
        Target.IsAutomatic = false;
        Task<SendResult> again = other.SendAsync("y"u8.ToArray()).AsTask();
        await Within(UntilAsync(() => Target[other.Handle].Queued == 1));
        old!.Flight.Head.Connection.ShouldBe(other.Handle);
        first!.Complete(old);
        await Within(UntilAsync(() => Chimney.Violations.Count > 0));
        Chimney.Violations.Count.ShouldBe(1);
        Expected = [VerifierCheck.DoubleComplete];
        Target[other.Handle].Run();
        (await Within(again)).Status.ShouldBe(NdisStatus.Success);
        await Within(one.DisposeAsync().AsTask());
        await Within(other.DisposeAsync().AsTask());
    }

    /// <summary>A further connection comes and goes by the same actors: what was told before has been heard.</summary>
    private async Task QuietAsync()
    {
        Target.Deliver = null;
        for (int i = 0; i < 20; i++)
            await (await OffloadAsync()).DisposeAsync();
        await UntilAsync(() => Chimney.Connections == 0);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Yield();
    }
}
