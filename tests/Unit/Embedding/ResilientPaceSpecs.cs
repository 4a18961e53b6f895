using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>About as much is outstanding as the target says is best (SEND-21).</summary>
public sealed class ResilientPaceSpecs : StackSpec
{
    [Fact]
    public async Task No_more_than_about_the_backlog_is_outstanding_and_the_rest_follows_in_order()
    {
        (ResilientConnection connection, Peer peer) = await OpenAsync();
        await Say(connection, 10);

        Task<SendResult>[] sends = [.. Enumerable.Range(1, 20).Select(i => Send(connection, (byte)i, 4))];

        await Until(() => Last().Queued == 3);      // 8 are not yet 10, 12 are
        for (int done = 0; done < 20; done++)
        {
            Last().Run(1);
            (await Named("send", sends[done])).ShouldBe(new SendResult(NdisStatus.Success, 4));
            await Until(() => Last().Queued == Math.Min(3, 19 - done));
        }
        peer.Got.ShouldBe(Enumerable.Range(1, 20).SelectMany(i => Enumerable.Repeat((byte)i, 4)));
        await Named("close", connection.CloseAsync());
    }

    [Fact]
    public async Task Until_it_is_said_and_when_it_grows_what_waits_goes_at_once()
    {
        (ResilientConnection connection, _) = await OpenAsync();
        Task<SendResult>[] sends = [.. Enumerable.Range(1, 5).Select(i => Send(connection, (byte)i, 4))];
        await Until(() => Last().Queued == 5);
        await Say(connection, 30);
        sends = [.. sends, .. Enumerable.Range(6, 5).Select(i => Send(connection, (byte)i, 4))];
        await Until(() => Last().Queued == 8);

        await Say(connection, 1_000);

        await Until(() => Last().Queued == 10);
        Last().Run();
        (await Named("sends", Task.WhenAll(sends))).ShouldAllBe(sent => sent.Status == NdisStatus.Success);
        await Named("close", connection.CloseAsync());
    }

    [Fact]
    public async Task The_end_of_the_stream_waits_behind_what_waits_and_an_abort_does_not()
    {
        (ResilientConnection connection, Peer peer) = await OpenAsync();
        await Say(connection, 1);
        Task<SendResult>[] sends = [.. Enumerable.Range(1, 3).Select(i => Send(connection, (byte)i, 4))];
        Task<DisconnectResult> end = Disconnect(connection, DisconnectKind.Graceful);
        await Until(() => Last().Queued == 1);

        Task<DisconnectResult> abort = Disconnect(connection, DisconnectKind.Abortive);

        await Until(() => Last().Queued == 2);
        Last().Run();
        await Named("abort", abort);
        await Named("sends", Task.WhenAll(sends));
        (await Named("end", end)).Status.ShouldBe(NdisStatus.RequestAborted);
        peer.GotFin.ShouldBeFalse();
        await Named("close", connection.CloseAsync());
    }

    [Fact]
    public async Task What_waits_when_the_connection_is_offloaded_again_is_sent_there()
    {
        (ResilientConnection connection, Peer peer) = await OpenAsync();
        await Say(connection, 1);
        Task<SendResult>[] sends = [.. Enumerable.Range(1, 3).Select(i => Send(connection, (byte)i, 4))];
        await Until(() => Last().Queued == 1);
        Last().TakeWithoutAcknowledging();
        OffloadHandle before = Handle();

        Last().Say(TcpUploadReason.HardwareFailure);

        await Until(() => !connection.IsMoving && Handle() != before);
        await Until(() => Last().Queued == 3);      // nobody has said anything of this place
        Last().Run();
        (await Named("sends", Task.WhenAll(sends))).ShouldAllBe(sent => sent.Status == NdisStatus.Success);
        peer.Got.ShouldBe([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
        await Named("close", connection.CloseAsync());
    }

    private async Task<(ResilientConnection Connection, Peer Peer)> OpenAsync()
    {
        Socket socket = NewSocket();
        ResilientConnection connection = await Named("open", ResilientConnection.OpenAsync(
            Chimney.Binding("tcpip"), socket, new HearingUser()));
        Target.IsAutomatic = false;
        return (connection, Target.PeerOf(socket));
    }

    private Task Say(ResilientConnection connection, long backlog)
    {
        Last().Upcalls.Indicate(new TcpOffloadEvent(Handle(), TcpOffloadEventType.SendBacklogChange, backlog, 0));
        return Until(() => connection.Backlog == backlog);
    }

    private OffloadHandle Handle() => Chimney.Stack.Handles.All().Last(entry => !entry.Ended).Handle;

    private Wire Last() => Target[Handle()];

    private static Task<SendResult> Send(ResilientConnection connection, byte value, int length)
    {
        var done = new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Send(Enumerable.Repeat(value, length).ToArray(), (_, result) => done.SetResult(result), null);
        return done.Task;
    }

    private static Task<DisconnectResult> Disconnect(ResilientConnection connection, DisconnectKind kind)
    {
        var done = new TaskCompletionSource<DisconnectResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Disconnect(kind, default, (_, result) => done.SetResult(result), null);
        return done.Task;
    }
}
