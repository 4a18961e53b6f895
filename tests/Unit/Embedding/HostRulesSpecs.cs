using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>What the contract asks of the host: this library keeps it for its users, whatever they do.</summary>
public sealed class HostRulesSpecs : StackSpec
{
    [Theory]
    [InlineData(0)]
    [InlineData((int)(DisconnectKind.Graceful | DisconnectKind.Abortive))]
    [InlineData(4)]
    public async Task A_disconnect_that_is_not_one_of_two_is_refused(int kind)
    {
        OffloadedConnection connection = await OffloadAsync();     // DISC-01

        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => connection.DisconnectAsync((DisconnectKind)kind));

        Target.Submitted.OfType<TcpOffloadDisconnect>().ShouldBeEmpty();
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task An_abortive_disconnect_with_data_is_refused()
    {
        OffloadedConnection connection = await OffloadAsync();     // DISC-03

        await Should.ThrowAsync<ArgumentException>(
            () => connection.DisconnectAsync(DisconnectKind.Abortive, new byte[1]));

        Target.Submitted.OfType<TcpOffloadDisconnect>().ShouldBeEmpty();
        (await Named("abort", connection.DisconnectAsync(DisconnectKind.Abortive))).Status.ShouldBe(NdisStatus.Success);
        Target.Submitted.OfType<TcpOffloadDisconnect>().Count().ShouldBe(1);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Nobody_has_a_connection_to_ask_of_before_its_initiate_is_completed()
    {
        var held = new TaskCompletionSource<(OffloadCompletion, IOffloadUpcalls)>();     // INIT-16, SEND-16, RECV-23
        Target.Deliver = (completion, upcalls) => held.SetResult((completion, upcalls));
        Task<OffloadedConnection> offload = Chimney.Binding("tcpip").OffloadAsync(NewSocket());
        (OffloadCompletion initiated, IOffloadUpcalls upcalls) = await Within(held.Task);
        Target.Deliver = null;

        offload.IsCompleted.ShouldBeFalse();
        Target.Submitted.ShouldHaveSingleItem().ShouldBeOfType<InitiateOffload>();

        upcalls.Complete(initiated);
        OffloadedConnection connection = await Within(offload);
        (await Named("send", connection.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task The_handle_of_a_failed_initiate_is_never_used()
    {
        Target.InitiateStatus = NdisStatus.OffloadTcpEntries;      // INIT-28
        OffloadException failed = await Should.ThrowAsync<OffloadException>(
            () => Within(Chimney.Binding("tcpip").OffloadAsync(NewSocket())));
        failed.Status.ShouldBe(NdisStatus.OffloadTcpEntries);
        OffloadHandle dead = Target.Submitted.ShouldHaveSingleItem().Connection;
        (Chimney.Connections, Chimney.Stack.Handles.Find(dead)).ShouldBe((0, null));

        Target.InitiateStatus = NdisStatus.Success;
        OffloadedConnection connection = await OffloadAsync();
        await Named("send", connection.SendAsync(new byte[1]).AsTask());
        await Named("dispose", connection.DisposeAsync().AsTask());

        connection.Handle.ShouldNotBe(dead);
        Target.Submitted.Count(request => request.Connection == dead).ShouldBe(1);
    }

    [Fact]
    public async Task Data_in_several_buffers_is_one_list_with_as_many_net_buffers_and_ends_as_one()
    {
        OffloadedConnection connection = await OffloadAsync();      // NBL-02
        Target.IsAutomatic = false;
        byte[] second = "world"u8.ToArray();
        List<ReadOnlyMemory<byte>> pieces = ["hello "u8.ToArray(), default, second];
        Task<SendResult> send = connection.SendBuffersAsync(pieces).AsTask();
        pieces.Clear();     // the buffers are lent, not the list of them
        Task<SendResult> none = connection.SendBuffersAsync([]).AsTask();
        await Until(() => Target.Submitted.OfType<TcpOffloadSend>().Count() == 2);
        NetBufferList[] lists =
            [.. Target.Submitted.OfType<TcpOffloadSend>().Select(sent => (NetBufferList)sent.Flight.Head)];
        Buffers(lists[0]).ShouldBe([6L, 0L, 5L]);
        Buffers(lists[1]).ShouldBe([0L]);
        (lists[0].DataLength, lists[1].StreamOffset).ShouldBe((11, 11));
        lists[0].PieceAt(8).Equals(second.AsMemory(2)).ShouldBeTrue("it is not copied");
        Target[connection.Handle].Run();
        (await Within(send)).ShouldBe(new SendResult(NdisStatus.Success, 11));
        (await Within(none)).ShouldBe(new SendResult(NdisStatus.Success, 0));
        Target[connection.Handle].Sent.ShouldBe("hello world"u8.ToArray());
        Target.IsAutomatic = true;
        SendResult again = await Within(connection.SendAsync(new byte[1]).AsTask());
        again.BytesAcknowledged.ShouldBe(1, "its list was used before");
        await Within(connection.DisposeAsync().AsTask());

        static IEnumerable<long> Buffers(NetBufferList list)
        {
            for (NetBuffer? buffer = list.FirstNetBuffer; buffer is not null; buffer = buffer.Next)
                yield return buffer.DataLength;
        }
    }

    [Fact]
    public async Task Sends_of_many_threads_are_one_stream()
    {
        const int each = 1_000;     // SEND-02
        OffloadedConnection connection = await OffloadAsync();
        var sends = new Task<SendResult>[4][];
        Crowd.Once(4, me => sends[me] =
        [
            .. Enumerable.Range(0, each).Select(
                i => connection.SendAsync(new[] { (byte)me, (byte)(i >> 8), (byte)i }).AsTask()),
        ]);

        SendResult[] results = await Named("sends", Task.WhenAll(sends.SelectMany(some => some)));

        results.ShouldAllBe(sent => sent == new SendResult(NdisStatus.Success, 3));
        Peer peer = Target[connection.Handle].Peer;
        (peer.Holes, Target[connection.Handle].Overlaps).ShouldBe((0, 0));
        byte[][] pieces = [.. peer.Got.Chunk(3)];
        pieces.Length.ShouldBe(4 * each);
        for (byte me = 0; me < 4; me++)
            pieces.Where(piece => piece[0] == me).Select(piece => (piece[1] << 8) + piece[2])
                .ShouldBe(Enumerable.Range(0, each));
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_posts_waits_until_another_on_the_same_connection_has_posted(bool sends)
    {
        OffloadedConnection connection = await OffloadAsync();      // SEND-02, RECV-06
        using var inside = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var first = new Thread(() =>
        {
            lock (connection.Core.PostLock)
            {
                inside.Set();
                leave.Wait(TimeSpan.FromSeconds(2 * Seconds));
            }
        });
        first.Start();
        inside.Wait(TimeSpan.FromSeconds(Seconds)).ShouldBeTrue();
        Task? posted = null;
        var second = new Thread(() => posted = sends
            ? connection.SendAsync(new byte[3]).AsTask()
            : connection.ReceiveAsync(new byte[3]).AsTask());
        second.Start();

        await Until(() => second.ThreadState.HasFlag(ThreadState.WaitSleepJoin));

        connection.Core.NextOffset.ShouldBe(0);
        Target.Submitted.Any(request => request is TcpOffloadSend or TcpOffloadReceive).ShouldBeFalse();
        leave.Set();
        second.Join();
        first.Join();
        Target[connection.Handle].Feed("abc"u8);
        await Named("posted", posted!);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Receives_of_many_threads_are_posted_one_at_a_time_and_each_in_its_order()
    {
        const int each = 50;        // RECV-06
        OffloadedConnection connection = await OffloadAsync();
        var receives = new Task<ReceiveResult>[4][];
        byte[][][] space = [.. Enumerable.Range(0, 4)
            .Select(_ => Enumerable.Range(0, each).Select(_ => new byte[1]).ToArray())];
        Crowd.Once(4, me => receives[me] = [.. space[me].Select(one => connection.ReceiveAsync(one).AsTask())]);
        Wire wire = Target[connection.Handle];
        await Until(() => wire.Queued == 4 * each);

        wire.Feed([.. Enumerable.Range(0, 4 * each).Select(i => (byte)i)]);

        ReceiveResult[] results = await Named("receives", Task.WhenAll(receives.SelectMany(some => some)));
        results.ShouldAllBe(one => one.BytesReceived == 1);
        wire.Overlaps.ShouldBe(0);
        byte[][] got = [.. space.Select(some => some.SelectMany(one => one).ToArray())];
        got.ShouldAllBe(some => some.SequenceEqual(some.Order()));
        got.SelectMany(some => some).Order().ShouldBe(Enumerable.Range(0, 4 * each).Select(i => (byte)i));
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_receive_may_be_posted_from_inside_a_completion_and_its_own_comes_after_that_one()
    {
        const int rounds = 100;     // RECV-05
        OffloadedConnection connection = await OffloadAsync();
        Target[connection.Handle].Feed(new byte[rounds]);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int inside = 0;
        int deepest = 0;
        int count = 0;
        PostNext();
        await Named("receives", done.Task);
        (deepest, count).ShouldBe((1, rounds));
        await Named("dispose", connection.DisposeAsync().AsTask());

        void PostNext() => connection.Core.Binding.Tell(
            new NestedPost(connection.Core, bytes =>
            {
                deepest = Math.Max(deepest, Interlocked.Increment(ref inside));
                count += (int)bytes;
                if (count < rounds)
                    PostNext();
                else
                    done.TrySetResult();
                Interlocked.Decrement(ref inside);
            })
            {
                Memory = new byte[1],
            }, null).ShouldBeTrue();
    }

    [Fact]
    public async Task Whatever_a_target_says_only_the_host_starts_a_terminate()
    {
        var user = new HearingUser();       // TERM-01
        OffloadedConnection connection = await OffloadAsync(user);
        Wire wire = Target[connection.Handle];
        foreach (TcpUploadReason reason in Enum.GetValues<TcpUploadReason>())
            wire.Say(reason);
        wire.Feed("x"u8, fin: true);
        wire.Reset();
        await Named("aborted", user.Aborted);
        (await Named("send", connection.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.RequestAborted);

        Target.Submitted.OfType<TerminateOffload>().ShouldBeEmpty();
        await Named("dispose", connection.DisposeAsync().AsTask());
        Target.Submitted.OfType<TerminateOffload>().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData(TcpUploadReason.LowActivity)]
    [InlineData(TcpUploadReason.HighDropRate)]
    [InlineData(TcpUploadReason.SmallIO)]
    [InlineData(TcpUploadReason.NoBufferPreposting)]
    [InlineData(TcpUploadReason.HighFragmentation)]
    [InlineData(TcpUploadReason.HighOutOfOrderPackets)]
    public async Task After_a_wish_that_leaves_a_choice_the_connection_goes_on(TcpUploadReason reason)
    {
        OffloadedConnection connection = await OffloadAsync();     // EVT-13
        Wire wire = Target[connection.Handle];
        wire.Say(reason);
        (await Named("wish", connection.UploadWanted)).ShouldBe(reason);

        (await Named("send", connection.SendAsync("on"u8.ToArray()).AsTask())).Status.ShouldBe(NdisStatus.Success);
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[2]).AsTask();
        wire.Feed("on"u8);
        (await Named("receive", receive)).ShouldBe(new ReceiveResult(NdisStatus.Success, 2));
        (await Named("end", connection.DisconnectAsync(DisconnectKind.Graceful))).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_request_at_the_target_is_left_alone_while_its_binding_works_for_others()
    {
        Target.IsAutomatic = false;         // GEN-07
        OffloadedConnection connection = await OffloadAsync();
        OffloadedConnection other = await OffloadAsync();
        Task<SendResult>[] sends =
            [.. connection.SendChainAsync(["one"u8.ToArray(), "two"u8.ToArray()]).Select(one => one.AsTask())];
        await Until(() => Target[connection.Handle].Queued == 2);
        var first = (NetBufferList)Target.Submitted.OfType<TcpOffloadSend>().Single().Flight.Head;
        NetBufferList[] lists = [first, (NetBufferList)first.Next!];
        string[] before = [.. lists.Select(Looks)];

        Task<SendResult>[] more = [.. Enumerable.Range(0, 20).Select(_ => other.SendAsync(new byte[9]).AsTask())];
        await Until(() => Target[other.Handle].Queued == more.Length);
        await Named("other", other.DisposeAsync().AsTask());
        await Named("more", Task.WhenAll(more));

        lists.Select(Looks).ShouldBe(before);
        Target[connection.Handle].Run();
        await Named("sends", Task.WhenAll(sends));
        Target[connection.Handle].Sent.ShouldBe("onetwo"u8.ToArray());
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    private static string Looks(NetBufferList list) =>
        $"{list.Describe()} {list.Operation} {list.Connection} {list.StreamOffset} {list.Flags} {list.DataLength} "
        + $"{list.Frames.Depth} {list.Custody.State} {list.Custody.Holder} {list.Next?.Id} "
        + Convert.ToHexString(list.FirstNetBuffer.PieceAt(0).Span);

    private sealed class NestedPost(BindingConnection connection, Action<long> then)
        : Post(connection, OffloadOperation.Receive)
    {
        protected override void OnDone(NdisStatus status, long bytes) => then(bytes);
    }
}
