using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>Rules that a reading of the code, rule by rule, found broken.</summary>
public sealed class ReadingSpecs : StackSpec
{
    [Fact]
    public async Task A_terminate_is_answered_though_refused_data_went_down_with_the_target()
    {
        Target.AnswersSever = false;    // TERM-05, TERM-20
        OffloadedConnection connection = await OffloadAsync();
        Target[connection.Handle].Feed("refused"u8);
        await Until(() => Target.Answers.Any(answer => answer is TcpOffloadReceiveRefused));
        Crashes.Arm("connection", CrashStep.Before, 0);
        Target[connection.Handle].Say(TcpUploadReason.LowActivity);
        await Named("abort", connection.Aborted);
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.Socket.ShouldBeNull();
    }

    [Fact]
    public async Task A_wish_that_leaves_no_choice_is_told_after_one_that_did()
    {
        var wishes = new List<TcpUploadReason>();   // EVT-10, EVT-11
        var user = new HearingUser();
        OffloadedConnection connection = await OffloadAsync(user);
        connection.OnUploadWanted = wishes.Add;
        Wire wire = Target[connection.Handle];
        wire.Say(TcpUploadReason.LowActivity);
        wire.Say(TcpUploadReason.SmallIO);
        wire.Say(TcpUploadReason.TimeoutExpiration);
        wire.Say(TcpUploadReason.InvalidState);
        await Named("upload", connection.UploadAsync());    // behind the events, in the same lane
        wishes.ShouldBe([TcpUploadReason.LowActivity, TcpUploadReason.TimeoutExpiration]);
        user.Wishes.ShouldBe(wishes);
    }

    [Fact]
    public async Task No_end_of_stream_is_told_after_an_abort()
    {
        var user = new HearingUser();               // EVT-22
        OffloadedConnection connection = await OffloadAsync(user);
        Wire wire = Target[connection.Handle];
        wire.Reset();
        wire.Upcalls.Indicate(new TcpOffloadEvent(connection.Handle, TcpOffloadEventType.Disconnect, 0, 0));
        await Named("abort", user.Aborted);
        await Named("upload", connection.UploadAsync());
        user.TimesClosed.ShouldBe(0);
    }

    [Fact]
    public async Task A_wholly_acknowledged_send_is_a_success_though_its_connection_died()
    {
        OffloadedConnection connection = await OffloadAsync();      // SEND-03, SEND-04
        Target.IsAutomatic = false;
        Task<SendResult> first = connection.SendAsync("whole"u8.ToArray()).AsTask();
        Task<SendResult> second = connection.SendAsync("none"u8.ToArray()).AsTask();
        Wire wire = Target[connection.Handle];
        await Until(() => wire.Queued == 2);
        wire.AcknowledgeUntold(5);
        Crashes.Arm("connection", CrashStep.Before, 0);
        wire.Say(TcpUploadReason.LowActivity);
        (await Named("first", first)).ShouldBe(new SendResult(NdisStatus.Success, 5));
        (await Named("second", second)).ShouldBe(new SendResult(NdisStatus.UploadInProgress, 0));
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.Positions.Acknowledged.ShouldBe(5);
        rest.Socket!.Dispose();
    }

    [Fact]
    public async Task A_disconnect_that_is_neither_one_is_refused_where_it_is_asked_for()
    {
        ResilientConnection connection = await Within(      // DISC-01, DISC-03
            ResilientConnection.OpenAsync(Chimney.Binding("tcpip"), NewSocket(), new HearingUser()));
        Should.Throw<ArgumentOutOfRangeException>(
            () => connection.Disconnect((DisconnectKind)3, default, (_, _) => { }, null));
        Should.Throw<ArgumentException>(
            () => connection.Disconnect(DisconnectKind.Abortive, new byte[1], (_, _) => { }, null));
        await Named("close", connection.CloseAsync());
    }
}
