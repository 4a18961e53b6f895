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
