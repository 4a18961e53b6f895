using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Connections of a host that move between it and an offload target.</summary>
public sealed class HostStackSpecs : StackSpec
{
    private static readonly OffloadPolicy ByHand = new() { PromoteBytes = long.MaxValue };

    internal override void Build(StackBuilder stack)
    {
        base.Build(stack);
        stack.Miniport("host", Target).Binding("inhost", over: "host");
    }

    [Fact]
    public async Task A_connection_goes_to_the_target_and_back_and_its_streams_go_on()
    {
        using HostStack host = NewHost(ByHand);
        Socket socket = NewSocket();
        Peer peer = Target.PeerOf(socket);
        var user = new HearingUser();
        ResilientConnection connection = await Named("open", host.OpenAsync(socket, user));
        byte[] sent = new byte[300];
        new Random(5).NextBytes(sent);
        var answers = new List<Task<SendResult>>();
        for (int i = 0; i < 100; i++)
        {
            peer.Sends(sent.AsSpan(i * 3, 3), fin: false);
            answers.Add(Send(connection, sent.AsMemory(i * 3, 3)));
            bool toTarget = i % 2 == 0;
            host.PlaceOf(connection).ShouldBe(toTarget ? OffloadPlace.InHost : OffloadPlace.Offloaded);
            await Until(() => host.TryMove(connection, toTarget, out _));
            await Until(() => !connection.IsMoving);
            await Until(() => host.Counts.Contexts == (toTarget ? 1 : 0));
        }

        foreach (SendResult answer in await Named("answers", Task.WhenAll(answers)))
            answer.ShouldBe(new SendResult(NdisStatus.Success, 3));
        await Named("hears", user.Hears(sent.Length));
        host.Counts.ShouldBe(new HostCounts(InHost: 1, Contexts: 0, Promoted: 50, Demoted: 50, CameHome: 0));
        await Named("close", connection.CloseAsync());
        (peer.Holes, host.Counts.InHost).ShouldBe((0, 0));
        peer.Got.ShouldBe(sent);
        user.Got.ShouldBe(sent);
    }

    [Fact]
    public async Task There_are_only_so_many_contexts()
    {
        using HostStack host = NewHost(ByHand with { ContextsMax = 1 });
        ResilientConnection first = await Named("open", host.OpenAsync(NewSocket(), new HearingUser()));
        ResilientConnection second = await Named("open", host.OpenAsync(NewSocket(), new HearingUser()));

        host.TryMove(first, toTarget: true, out Task moved).ShouldBeTrue();
        host.TryMove(second, toTarget: true, out _).ShouldBeFalse();
        await Named("moved", moved);
        await Named("close", first.CloseAsync());

        host.TryMove(second, toTarget: true, out moved).ShouldBeTrue("its context is free when a connection ends");
        await Named("moved", moved);
        host.PlaceOf(second).ShouldBe(OffloadPlace.Offloaded);
        await Named("close", second.CloseAsync());
        (host.Counts.InHost, host.Counts.Contexts).ShouldBe((0, 0));
    }

    [Fact]
    public async Task What_the_target_gives_up_is_served_at_home()
    {
        using HostStack host = NewHost(OffloadPolicy.Everything);
        var user = new HearingUser();
        ResilientConnection connection = await Named("open", host.OpenAsync(NewSocket(), user));
        host.PlaceOf(connection).ShouldBe(OffloadPlace.Offloaded);

        Crashes.Arm("connection", CrashStep.Before, 0);
        Task<SendResult> answer = Send(connection, new byte[3]);

        (await Named("answer", answer)).ShouldBe(new SendResult(NdisStatus.Success, 3));
        Crashes.Disarm();
        await Until(() => !connection.IsMoving);
        host.PlaceOf(connection).ShouldBe(OffloadPlace.InHost);
        host.Counts.ShouldBe(new HostCounts(InHost: 1, Contexts: 0, Promoted: 1, Demoted: 0, CameHome: 1));
        await Named("close", connection.CloseAsync());
    }

    [Fact]
    public async Task The_policy_moves_what_it_finds_worth_it()
    {
        using HostStack host = NewHost(new OffloadPolicy
        {
            PromoteBytes = 1, PromoteAge = TimeSpan.Zero, Rotate = TimeSpan.FromMilliseconds(1),
            Interval = TimeSpan.FromMilliseconds(1),
        });
        ResilientConnection connection = await Named("open", host.OpenAsync(NewSocket(), new HearingUser()));

        for (int moves = 0; moves < 3; moves++)
        {
            (await Named("send", Send(connection, new byte[3]))).ShouldBe(new SendResult(NdisStatus.Success, 3));
            await Until(() => host.Counts.Demoted > moves);
        }
        await Named("close", connection.CloseAsync());
        (host.Counts.InHost, host.Counts.Contexts).ShouldBe((0, 0));
    }

    [Fact]
    public async Task What_waits_is_left_alone_by_an_initiate_that_fails_and_goes_first_at_home()
    {
        using HostStack host = NewHost(ByHand);
        Socket socket = NewSocket();
        ResilientConnection connection = await Named("open", host.OpenAsync(socket, new HearingUser()));
        Target.IsAutomatic = false;
        Task<SendResult>[] sends = [Send(connection, new byte[] { 1 }), Send(connection, new byte[] { 2 })];
        await Until(() => Last().Queued == 2);
        int initiates = 0;
        Target.StatusOf = request => request is InitiateOffload && Interlocked.Increment(ref initiates) == 1
            ? NdisStatus.OffloadTcpEntries
            : NdisStatus.Success;

        host.TryMove(connection, toTarget: true, out Task moved).ShouldBeTrue();
        sends = [.. sends, Send(connection, new byte[] { 3 })];
        await Named("moved", moved);

        (initiates, host.PlaceOf(connection)).ShouldBe((2, OffloadPlace.InHost));
        sends.ShouldAllBe(send => !send.IsCompleted);
        await Until(() => Last().Queued == 3);
        Last().Run();
        (await Named("sends", Task.WhenAll(sends))).ShouldAllBe(sent => sent == new SendResult(NdisStatus.Success, 1));
        Target.PeerOf(socket).Got.ShouldBe([1, 2, 3]);
        await Named("close", connection.CloseAsync());
    }

    [Fact]
    public async Task Whose_user_keeps_what_it_received_is_not_moved()
    {
        using HostStack host = NewHost(ByHand);
        Socket socket = NewSocket();
        Peer peer = Target.PeerOf(socket);
        var kept = new List<ReceivedData>();
        var user = new KeepingUser(kept);
        ResilientConnection connection = await Named("open", host.OpenAsync(socket, user));
        int moves = 0;
        while (moves < 1_000)
        {
            peer.Sends(new byte[3], fin: false);
            if (!host.TryMove(connection, moves % 2 == 0, out Task moved))
                break;
            await Named("moved", moved);
            moves++;
        }

        moves.ShouldBeInRange(1, 999, "each place lends it some more, and there must be an end to that");
        ReturnAll(kept);
        host.TryMove(connection, moves % 2 == 0, out Task last).ShouldBeTrue();
        await Named("moved", last);
        ReturnAll(kept);
        await Named("close", connection.CloseAsync());
    }

    [Fact]
    public async Task Who_closes_is_not_moved()
    {
        using HostStack host = NewHost(ByHand);
        ResilientConnection connection = await Named("open", host.OpenAsync(NewSocket(), new HearingUser()));
        var done = new TaskCompletionSource<DisconnectResult>();
        connection.Disconnect(DisconnectKind.Graceful, default, (_, result) => done.SetResult(result), null);

        host.TryMove(connection, toTarget: true, out _).ShouldBeFalse();

        (await Named("disconnect", done.Task)).Status.ShouldBe(NdisStatus.Success);
        await Named("close", connection.CloseAsync());
        host.TryMove(connection, toTarget: true, out _).ShouldBeFalse();
        (host.Counts.InHost, host.Counts.Contexts).ShouldBe((0, 0));
    }

    private Wire Last() => Target[Chimney.Stack.Handles.All().Last(entry => !entry.Ended).Handle];

    private HostStack NewHost(OffloadPolicy policy) =>
        new(Chimney.Binding("inhost"), Chimney.Binding("tcpip"), policy);

    private static void ReturnAll(List<ReceivedData> kept)
    {
        lock (kept)
        {
            kept.ForEach(data => data.Return());
            kept.Clear();
        }
    }

    private static Task<SendResult> Send(ResilientConnection connection, ReadOnlyMemory<byte> data)
    {
        var done = new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Send(data, (_, result) => done.SetResult(result), null);
        return done.Task;
    }

    private sealed class KeepingUser(List<ReceivedData> kept) : IConnectionUser
    {
        public void OnReceived(ReceivedData data)
        {
            lock (kept)
                kept.Add(data);
        }

        public void OnPeerClosed()
        {
        }

        public void OnAborted()
        {
        }
    }
}
