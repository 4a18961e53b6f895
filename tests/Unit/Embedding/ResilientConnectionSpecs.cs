using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

public sealed class ResilientConnectionSpecs : StackSpec
{
    [Fact]
    public async Task Users_with_a_lock_of_their_own_do_not_deadlock_with_a_dying_binding()
    {
        ResilientConnection connection = await OpenAsync();
        object users = new();
        int answered = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Done(object? state, SendResult result)
        {
            lock (users)
                if (++answered == 4000)
                    all.TrySetResult();
        }
        var threads = Enumerable.Range(0, 2).Select(number => Task.Run(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                if (i % 100 == 50 && number == 0)
                    Crashes.Arm("tcpip", CrashStep.Before, 1);
                lock (users)
                    connection.Send(new byte[1], Done, null);
            }
        }));
        await Named("posts", Task.WhenAll(threads));
        await Named("answers", all.Task);
        Crashes.Disarm();
        (await Named("close", connection.CloseAsync())).BytesAcknowledged.ShouldBe(4000);
    }

    [Fact]
    public async Task A_callback_that_throws_while_all_is_answered_keeps_nobody_waiting()
    {
        Target.IsAutomatic = false;
        ResilientConnection connection = await OpenAsync();
        var second = new TaskCompletionSource<SendResult>();
        connection.Send(new byte[1], (_, _) => throw new InvalidOperationException("on purpose"), null);
        connection.Send(new byte[1], (_, result) => second.SetResult(result), null);
        ConnectionSummary summary = await Named("close", connection.CloseAsync());
        summary.BytesAcknowledged.ShouldBe(0);
        (await Named("second", second.Task)).Status.ShouldBe(NdisStatus.RequestAborted);
        var late = new TaskCompletionSource<SendResult>();
        connection.Send(new byte[1], (_, result) => late.SetResult(result), null);
        (await Named("late", late.Task)).ShouldBe(new SendResult(NdisStatus.RequestAborted, 0));
        await Named("again", connection.CloseAsync());
    }

    [Fact]
    public async Task The_stream_goes_on_exactly_over_many_deaths()
    {
        global::System.Net.Sockets.Socket socket = NewSocket();
        Peer peer = Target.PeerOf(socket);
        var user = new HearingUser();
        ResilientConnection connection = await Named("open", ResilientConnection.OpenAsync(
            Chimney.Binding("tcpip"), socket, user));
        string[] drivers = ["connection", "mux0", "tcpip", "nic0-shelf", "mux1", "nic0"];
        var random = new Random(4);
        byte[] sent = new byte[600];
        random.NextBytes(sent);
        var answers = new List<Task<SendResult>>();
        for (int i = 0; i < 200; i++)
        {
            if (i % 5 == 0)
                Crashes.Arm(drivers[i / 5 % drivers.Length], (CrashStep)random.Next(3), random.Next(4));
            peer.Sends(sent.AsSpan(i * 3, 3), fin: false);
            var done = new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.Send(sent.AsMemory(i * 3, 3), (_, result) => done.SetResult(result), null);
            answers.Add(done.Task);
            if (i % 7 == 0)
                await Named($"send {i}", done.Task);
        }
        foreach (SendResult answer in await Named("answers", Task.WhenAll(answers)))
            answer.ShouldBe(new SendResult(NdisStatus.Success, 3));
        await Named("hears", user.Hears(sent.Length));
        Crashes.Disarm();
        await Named("close", connection.CloseAsync());
        peer.Got.ShouldBe(sent);
        peer.Holes.ShouldBe(0);
        user.Got.ShouldBe(sent);
        connection.Repairs.ShouldBeGreaterThan(0);
        user.Moves.ShouldNotBeEmpty();
    }

    private Task<ResilientConnection> OpenAsync() => Named("open", ResilientConnection.OpenAsync(
        Chimney.Binding("tcpip"), NewSocket(), new HearingUser()));
}
