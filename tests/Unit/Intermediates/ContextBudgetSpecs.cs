using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>A driver with few contexts: what it cannot pass on the host does itself (SEND-11, IM-12 to
/// IM-14).</summary>
public sealed class ContextBudgetSpecs : StackSpec
{
    private const int Contexts = 2;

    internal override void Build(StackBuilder stack)
    {
        base.Build(stack);
        stack.ContextsMax("mux0", Contexts).Miniport("host", Target).Binding("inhost", over: "host");
    }

    [Fact]
    public async Task A_chain_that_finds_no_context_comes_back_whole_and_nothing_of_it_goes_down()
    {
        OffloadedConnection connection = await OffloadAsync();

        SendResult[] sent = await Within(All(connection.SendChainAsync([new byte[1], new byte[2], new byte[3]])));

        sent.ShouldBe([Back(NdisStatus.RequestUpload), Back(NdisStatus.UploadRequested),
            Back(NdisStatus.UploadRequested)]);
        Target.Submitted.ShouldNotContain(request => request is TcpOffloadSend);
        (await Within(connection.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.UploadInProgress,
            "the stream has a hole, which only the host can mend");
        (await Within(connection.UploadAsync())).Positions.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task Every_request_of_data_comes_back_so_and_a_context_is_free_when_its_request_is_home()
    {
        OffloadedConnection connection = await OffloadAsync();
        Task<ReceiveResult>[] waiting =
            [.. Enumerable.Range(0, Contexts).Select(_ => connection.ReceiveAsync(new byte[1]).AsTask())];

        (await Within(connection.ReceiveAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.RequestUpload);
        (await Within(connection.ForwardAsync(Segment)[0])).ShouldBe(NdisStatus.RequestUpload);
        (await Within(connection.DisconnectAsync(DisconnectKind.Graceful))).Status.ShouldBe(NdisStatus.RequestUpload);

        Target[connection.Handle].Feed([7]);
        (await Within(waiting[0])).BytesReceived.ShouldBe(1);
        (await Within(connection.SendAsync(new byte[4]).AsTask())).ShouldBe(new SendResult(NdisStatus.Success, 4));
    }

    [Fact]
    public async Task State_operations_have_theirs_reserved_and_an_initiate_fails_with_the_reason()
    {
        OffloadedConnection connection = await OffloadAsync();
        for (int i = 0; i < Contexts; i++)
            _ = connection.ReceiveAsync(new byte[1]).AsTask();
        await Until(() => Target[connection.Handle].Queued == Contexts);

        (await Should.ThrowAsync<OffloadException>(OffloadAsync())).Status.ShouldBe(NdisStatus.Resources);
        Chimney.Connections.ShouldBe(1);
        await Within(connection.QueryAsync());
        await Within(connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = 3 }));
        await Within(connection.InvalidateAsync());
        (await Within(connection.UploadAsync())).Socket.ShouldNotBeNull();

        await Within(OffloadAsync());
    }

    [Fact]
    public async Task A_driver_that_died_has_all_its_contexts_again()
    {
        OffloadedConnection connection = await OffloadAsync();
        for (int i = 0; i < Contexts; i++)
            _ = connection.ReceiveAsync(new byte[1]).AsTask();
        await Until(() => Target[connection.Handle].Queued == Contexts);
        Crashes.Arm("mux0", CrashStep.Before, 0);
        await Within(connection.SendAsync(new byte[1]).AsTask());
        Crashes.Disarm();

        OffloadedConnection other = await OffloadAsync();
        (await Within(other.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task A_resilient_connection_sends_all_of_it_a_little_at_a_time()
    {
        Socket socket = NewSocket();
        ResilientConnection connection = await Named("open", ResilientConnection.OpenAsync(
            Chimney.Binding("tcpip"), socket, new HearingUser()));
        byte[] data = new byte[60];
        new Random(3).NextBytes(data);

        Task<SendResult>[] sends = [.. Enumerable.Range(0, 20).SelectMany(i => SendChain(connection,
            data.AsMemory(i * 3, 1), data.AsMemory((i * 3) + 1, 1), data.AsMemory((i * 3) + 2, 1)))];

        (await Named("sends", Task.WhenAll(sends))).ShouldAllBe(sent => sent == new SendResult(NdisStatus.Success, 1));
        connection.Repairs.ShouldBeGreaterThan(0);
        await Named("close", connection.CloseAsync());
        Target.PeerOf(socket).Got.ShouldBe(data);
    }

    [Fact]
    public async Task Who_was_sent_back_sends_one_at_a_time_and_is_not_sent_back_again()
    {
        Socket socket = NewSocket();
        ResilientConnection connection = await Named("open", ResilientConnection.OpenAsync(
            Chimney.Binding("tcpip"), socket, new HearingUser()));
        Target.IsAutomatic = false;

        Task<SendResult>[] sends = SendChain(connection, new byte[] { 1 }, new byte[] { 2 }, new byte[] { 3 });

        await Until(() => connection.Repairs == 1 && !connection.IsMoving);
        foreach (Task<SendResult> send in sends)
        {
            await Until(() => Newest().Queued == 1);
            Newest().Run(1);
            (await Named("send", send)).ShouldBe(new SendResult(NdisStatus.Success, 1));
        }
        connection.Repairs.ShouldBe(1);
        await Named("close", connection.CloseAsync());
        Target.PeerOf(socket).Got.ShouldBe([1, 2, 3]);

        Wire Newest() => Target[Chimney.Stack.Handles.All().Last(entry => !entry.Ended).Handle];
    }

    [Fact]
    public async Task A_host_performs_itself_what_a_driver_sends_back()
    {
        using var host = new HostStack(
            Chimney.Binding("inhost"), Chimney.Binding("tcpip"), OffloadPolicy.Everything);
        Socket socket = NewSocket();
        ResilientConnection connection = await Named("open", host.OpenAsync(socket, new HearingUser()));
        host.PlaceOf(connection).ShouldBe(OffloadPlace.Offloaded);

        SendResult[] sent = await Named("sends", Task.WhenAll(SendChain(connection, new byte[] { 1 }, new byte[] { 2 },
            new byte[] { 3 })));

        sent.ShouldAllBe(one => one.Status == NdisStatus.Success);
        await Until(() => host.Counts.CameHome == 1);
        Target.PeerOf(socket).Got.ShouldBe([1, 2, 3]);
        await Named("close", connection.CloseAsync());
    }

    [Theory]
    [InlineData("nic0")]
    [InlineData("tcpip")]
    [InlineData("mux9")]
    public void Only_intermediate_drivers_have_contexts_to_count(string name) =>
        Should.Throw<ArgumentException>(() => Plan().ContextsMax(name, 1)).Message
            .ShouldContain($"'{name}' is no intermediate driver of the stack");

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_001)]
    public void Their_number_has_a_range(int contexts) =>
        Should.Throw<ArgumentOutOfRangeException>(() => Plan().ContextsMax("mux0", contexts)).Message
            .ShouldContain("The contexts of 'mux0': 0 for no limit, or 1 to 1000000.");

    private static readonly byte[] Segment = [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0];

    private StackBuilder Plan() => new StackBuilder()
        .Miniport("nic0", Target).Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0");

    private static SendResult Back(NdisStatus status) => new(status, 0);

    private static Task<SendResult[]> All(ValueTask<SendResult>[] sends) =>
        Task.WhenAll(sends.Select(send => send.AsTask()));

    private static Task<SendResult>[] SendChain(ResilientConnection connection, params ReadOnlyMemory<byte>[] chain)
    {
        TaskCompletionSource<SendResult>[] done = [.. chain.Select(_ =>
            new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously))];
        connection.SendChain([.. chain.Zip(done, (data, end) => (data, (object?)end))],
            (end, result) => ((TaskCompletionSource<SendResult>)end!).SetResult(result));
        return [.. done.Select(end => end.Task)];
    }
}
