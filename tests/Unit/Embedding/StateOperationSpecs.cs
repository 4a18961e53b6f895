using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Query, update and invalidate through a whole stack.</summary>
public sealed class StateOperationSpecs : StackSpec
{
    private static readonly TcpOffloadStateCached Change = new() { TimeToLive = 9 };

    [Fact]
    public async Task A_query_goes_down_three_layers_and_brings_the_state()
    {
        OffloadedConnection connection = await OffloadAsync();
        await Within(connection.SendAsync("hello"u8.ToArray()).AsTask());
        TcpOffloadState state = await Within(connection.QueryAsync());
        state.Delegated.SendNext.ShouldBe(5u);
        await Within(connection.DisposeAsync().AsTask());
    }

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "tcpip", "mux1", "mux0", "connection");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_wherever_each_of_them_is_answered_once(string driver, CrashStep step)
    {
        for (int visit = 0; visit < 20; visit++)
        {
            OffloadedConnection connection = await OffloadAsync();
            Crashes.Arm(driver, step, visit);
            Task[] asked = [connection.QueryAsync(), connection.UpdateAsync(Change), connection.QueryAsync(),
                connection.UpdateAsync(Change), connection.InvalidateAsync()];
            Task<UploadResult> upload = connection.UploadAsync();
            await Named($"{driver} {step} {visit}", Task.WhenAll(asked).ContinueWith(
                _ => { }, TaskScheduler.Default));
            asked.Where(task => task.IsFaulted).ShouldAllBe(
                task => task.Exception!.InnerException is StateOperationException);
            OffloadedConnection.Release(await Named($"{driver} {step} {visit} upload", upload));
            bool crashed = Crashes.HasCrashed;
            Crashes.Disarm();
            if (!crashed)
                break;
        }
        Chimney.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task After_the_terminate_nothing_is_asked_any_more()
    {
        OffloadedConnection connection = await OffloadAsync();
        OffloadedConnection.Release(await Within(connection.UploadAsync()));
        StateOperationException failed =
            await Should.ThrowAsync<StateOperationException>(() => Within(connection.QueryAsync()));
        (failed.Operation, failed.Status).ShouldBe((OffloadOperation.Query, NdisStatus.Failure));
    }

    [Fact]
    public async Task Updates_of_one_connection_go_down_one_after_the_other()
    {
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task first = connection.UpdateAsync(Change);
        Task second = connection.UpdateAsync(Change);
        await Until(() => Updates == 1);

        Target[connection.Handle].AnswerState(NdisStatus.Failure);
        await Should.ThrowAsync<StateOperationException>(() => Within(first));
        await Until(() => Updates == 2);
        Target[connection.Handle].AnswerState(NdisStatus.Success);
        await Within(second);

        Target.IsAutomatic = true;
        await Within(connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_target_that_cannot_take_a_change_leaves_the_connection_as_it_was()
    {
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task update = connection.UpdateAsync(Change);
        await Until(() => Updates == 1);
        Target[connection.Handle].AnswerState(NdisStatus.Failure);
        await Should.ThrowAsync<StateOperationException>(() => Within(update));

        Target.IsAutomatic = true;
        (await Within(connection.SendAsync("on"u8.ToArray()).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Within(connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_terminate_waits_for_what_was_asked_before_it_and_what_is_posted_behind_it_is_told_so()
    {
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task<TcpOffloadState> query = connection.QueryAsync();
        Task<UploadResult> upload = connection.UploadAsync();
        await Until(() => Target.Submitted.OfType<QueryOffload>().Any());
        SendResult send = await Within(connection.SendAsync("behind it"u8.ToArray()).AsTask());
        send.Status.ShouldBe(NdisStatus.UploadInProgress);
        Target.Submitted.Any(request => request is TcpOffloadSend or TerminateOffload).ShouldBeFalse();
        await Should.ThrowAsync<StateOperationException>(() => connection.QueryAsync());

        Target[connection.Handle].AnswerState(NdisStatus.Success);
        Target.IsAutomatic = true;
        OffloadedConnection.Release(await Within(upload));

        (await Within(query)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Nothing_is_updated_after_an_invalidate()
    {
        OffloadedConnection connection = await OffloadAsync();
        await Within(connection.InvalidateAsync());
        await Should.ThrowAsync<InvalidOperationException>(() => connection.UpdateAsync(Change));
        await Within(connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(0, 10, "TimeToLive", "1 to 255")]
    [InlineData(256, 10, "TimeToLive", "1 to 255")]
    [InlineData(64, 0, "KeepAliveTimeout", "More than zero")]
    [InlineData(64, 40_000, "KeepAliveTimeout", "at most 32767 s")]
    public async Task A_value_outside_of_its_range_is_named(int hops, int seconds, string name, string range)
    {
        OffloadedConnection connection = await OffloadAsync();
        var change = new TcpOffloadStateCached
        {
            TimeToLive = hops,
            KeepAliveTimeout = TimeSpan.FromSeconds(seconds),
        };
        ArgumentOutOfRangeException wrong =
            await Should.ThrowAsync<ArgumentOutOfRangeException>(() => connection.UpdateAsync(change));
        (wrong.ParamName, wrong.Message.Contains(range)).ShouldBe((name, true));
        Updates.ShouldBe(0);
        await Within(connection.DisposeAsync().AsTask());
    }

    private int Updates => Target.Submitted.OfType<UpdateOffload>().Count();
}
