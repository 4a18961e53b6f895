using System.Text;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Indications: taken, refused, lost, returned late, and users that throw.</summary>
public sealed class ReceivedDataSpecs : StackSpec
{
    internal override string Settings => "chimney.pools { indications-max = 3, indication-bytes = 512 }";

    [Fact]
    public async Task Buffers_that_the_host_holds_are_backpressure_and_nothing_is_lost()
    {
        var held = new global::System.Collections.Concurrent.ConcurrentQueue<ReceivedData>();
        var three = new TaskCompletionSource();
        var user = new HearingUser();
        user.OnData = data =>
        {
            user.Take(data.Memory.Span);
            held.Enqueue(data);
            if (held.Count == 3)
                three.TrySetResult();
        };
        OffloadedConnection connection = await OffloadAsync(user);
        byte[] sent = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        Target[connection.Handle].Feed(sent);
        await Named("three", three.Task);
        while (user.Got.Length < sent.Length)
            if (held.TryDequeue(out ReceivedData? data))
                data.Return();
            else
                await Task.Yield();
        user.Got.ShouldBe(sent);
        while (held.TryDequeue(out ReceivedData? data))
            data.Return();
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Refused_data_waits_for_a_posted_receive()
    {
        OffloadedConnection connection = await OffloadAsync();      // RIND-03, RIND-05, RIND-06
        Target[connection.Handle].Feed("hello world"u8);
        byte[] space = new byte[5];
        (await Named("first", connection.ReceiveAsync(space).AsTask()))
            .ShouldBe(new ReceiveResult(NdisStatus.Success, 5));
        space.ShouldBe("hello"u8.ToArray());
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.BufferedData.ToArray().ShouldBe(" world"u8.ToArray());
        rest.Positions.Received.ShouldBe(11);
        rest.Socket!.Dispose();
    }

    [Fact]
    public async Task Of_data_that_the_host_takes_in_part_the_rest_waits_for_a_posted_receive_and_comes_first()
    {
        var user = new HearingUser();       // RIND-04, RIND-05
        ReceivedData? given = null;
        user.OnData = data =>
        {
            given = data;
            user.Take(data.Memory.Span[..5]);
            data.TakeOnly(5);
        };
        OffloadedConnection connection = await OffloadAsync(user);
        Target[connection.Handle].Feed("hello world"u8);
        await Named("hears", user.Hears(5));
        await Until(() => Target.Answers.Any(answer => answer is TcpOffloadReceiveRefused));
        connection.BytesReceived.ShouldBe(5);
        Should.Throw<InvalidOperationException>(() => given!.TakeOnly(1)).Message.ShouldContain("inside OnReceived");
        given!.Return();
        byte[] space = new byte[6];
        (await Named("rest", connection.ReceiveAsync(space).AsTask()))
            .ShouldBe(new ReceiveResult(NdisStatus.Success, 6));
        space.ShouldBe(" world"u8.ToArray());
        connection.BytesReceived.ShouldBe(11);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(12)]
    public async Task Nobody_takes_less_than_nothing_or_more_than_there_is(int bytes)
    {
        var user = new HearingUser();
        var refused = new TaskCompletionSource<Exception>();
        user.OnData = data =>
        {
            refused.TrySetResult(Should.Throw<ArgumentOutOfRangeException>(() => data.TakeOnly(bytes)));
            data.TakeOnly(11);      // all of it is all of it
            data.Return();
        };
        OffloadedConnection connection = await OffloadAsync(user);
        Target[connection.Handle].Feed("hello world"u8);
        await Named("refused", refused.Task);
        await Until(() => connection.BytesReceived == 11);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Lists_of_several_connections_are_returned_in_one_message_and_each_finds_its_own()
    {
        var held = new global::System.Collections.Concurrent.ConcurrentQueue<ReceivedData>();
        var user = new HearingUser { OnData = held.Enqueue };
        OffloadedConnection[] connections = [await OffloadAsync(user), await OffloadAsync(user)];
        foreach (OffloadedConnection connection in (OffloadedConnection[])[connections[0], .. connections])
        {
            int before = held.Count;
            Target[connection.Handle].Feed("data"u8);
            await Until(() => held.Count > before);
        }
        Expected = [VerifierCheck.UseAfterHandOver];    // one of them is returned again
        ReceivedData[] lent = [.. held];
        lent[1].Return();
        ReceivedData.ReturnAll(lent);
        await Until(() => Chimney.Stack.Indications.Out == 0);
        foreach (OffloadedConnection connection in connections)
        {
            Target.Answers.Where(answer => answer.Connection == connection.Handle)
                .OfType<TcpOffloadReceiveReturn>().Sum(answer => answer.Flight.Count)
                .ShouldBe(connection == connections[0] ? 2 : 1);
            await Named("dispose", connection.DisposeAsync().AsTask());
        }
    }

    [Fact]
    public async Task A_buffer_that_holds_data_is_filled_up_behind_it()
    {
        OffloadedConnection connection = await OffloadAsync();      // RECV-20
        byte[] buffer = [1, 2, 3, 0, 0, 0];
        Task<ReceiveResult> fill = connection.FillAsync(buffer, 3).AsTask();
        Task<ReceiveResult> empty = connection.FillAsync(buffer, 6).AsTask();
        Target[connection.Handle].Feed([4, 5]);
        await Until(() => Target[connection.Handle].Queued == 2);
        fill.IsCompleted.ShouldBeFalse();
        var list = (NetBufferList)Target.Submitted.OfType<TcpOffloadReceive>().First().Flight.Head;
        (list.BytesFilled, list.NoPush, list.DataLength).ShouldBe((3, true, 3));
        Target[connection.Handle].Feed([6]);
        (await Named("fill", fill)).ShouldBe(new ReceiveResult(NdisStatus.Success, 3));
        (await Named("empty", empty)).ShouldBe(new ReceiveResult(NdisStatus.Success, 0));
        buffer.ShouldBe([1, 2, 3, 4, 5, 6]);
        foreach (int wrong in (int[])[-1, 7])
            Should.Throw<ArgumentOutOfRangeException>(() => connection.FillAsync(buffer, wrong).AsTask());
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task The_fin_is_told_after_the_data_before_it()
    {
        var user = new HearingUser();       // EVT-02
        OffloadedConnection connection = await OffloadAsync(user);
        Target[connection.Handle].Feed("the end"u8, fin: true);
        await Named("closed", user.Closed);
        user.Got.ShouldBe("the end"u8.ToArray());
        user.TimesClosed.ShouldBe(1);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Data_may_be_returned_after_its_connection_and_its_binding_have_died()
    {
        ReceivedData? kept = null;      // RIND-12, RIND-19
        var user = new HearingUser();
        user.OnData = data =>
        {
            kept = data;
            user.Take(data.Memory.Span);
        };
        OffloadedConnection connection = await OffloadAsync(user);
        Target[connection.Handle].Feed("kept"u8);
        await Named("hears", user.Hears(4));
        Crashes.Arm("tcpip", CrashStep.Before, 0);
        await Named("dispose", connection.DisposeAsync().AsTask());
        Chimney.Stack.Indications.Out.ShouldBe(1);
        kept!.Return();
        (await Named("next", (await OffloadAsync()).SendAsync(new byte[1]).AsTask()))
            .Status.ShouldBe(NdisStatus.Success);
        Chimney.Stack.Indications.Out.ShouldBe(0);
        Expected = [VerifierCheck.UseAfterHandOver];
        kept.Return();      // a second time is reported
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_user_that_throws_loses_no_data_and_stops_nobody(bool returnsFirst)
    {
        int calls = 0;
        var user = new HearingUser();
        user.OnData = data =>
        {
            if (calls++ > 0 || returnsFirst)
            {
                user.Take(data.Memory.Span);
                data.Return();
            }
            if (calls == 1)
                throw new InvalidOperationException("on purpose");
        };
        OffloadedConnection connection = await OffloadAsync(user);
        Wire wire = Target[connection.Handle];
        wire.Feed("one"u8);
        if (!returnsFirst)      // it has not taken it: it waits until receives are wanted again (RIND-07)
        {
            await Until(() => Target.Answers.OfType<TcpOffloadReceiveRefused>().Any());
            await Named("enable", connection.ReceiveAsync(Memory<byte>.Empty).AsTask());
        }
        await Named("one", user.Hears(3));
        wire.Feed("two"u8);
        await Named("two", user.Hears(6));
        Encoding.ASCII.GetString(user.Got).ShouldBe("onetwo");
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.Positions.Received.ShouldBe(6);
        rest.Socket!.Dispose();
    }

    [Fact]
    public async Task A_user_that_threw_after_it_returned_the_data_can_still_upload_when_the_connection_died()
    {
        var user = new HearingUser();
        user.OnData = data =>
        {
            user.Take(data.Memory.Span);
            data.Return();
            throw new InvalidOperationException("on purpose");
        };
        OffloadedConnection connection = await OffloadAsync(user);
        Wire wire = Target[connection.Handle];
        wire.Feed("one"u8);
        await Named("one", user.Hears(3));
        Crashes.Arm("connection", CrashStep.Before, 0);
        SendResult sent = await Named("send", connection.SendAsync(new byte[1]).AsTask());
        sent.Status.ShouldBeOneOf(NdisStatus.UploadInProgress, NdisStatus.Success);
        UploadResult rest = await Named("upload", connection.UploadAsync());
        rest.Positions.Received.ShouldBe(3);
        rest.BufferedData.Length.ShouldBe(0);
        rest.Socket!.Dispose();
    }

    [Fact]
    public async Task A_callback_that_throws_does_not_keep_the_answer_from_others()
    {
        OffloadedConnection connection = await OffloadAsync();
        connection.Send(new byte[1], (_, _) => throw new InvalidOperationException("on purpose"), null);
        (await Named("send", connection.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }
}
