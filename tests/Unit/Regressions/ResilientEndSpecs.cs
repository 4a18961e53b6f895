using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A resilient connection whose repair met the end of the connection, or the next death.</summary>
public sealed class ResilientEndSpecs : StackSpec
{
    private readonly HearingUser _user = new();

    [Fact]
    public async Task A_wish_for_upload_that_comes_while_it_is_offloaded_again_is_not_forgotten()
    {
        ResilientConnection connection = await OpenAsync(NewSocket());
        int initiates = 0;
        Target.Deliver = (completion, upcalls) =>
        {
            upcalls.Complete(completion);
            if (completion is InitiateOffloadComplete && Interlocked.Increment(ref initiates) == 1)
                upcalls.Indicate(Wish(completion.Connection));
        };
        Last().Say(TcpUploadReason.HardwareFailure);
        await Within(UntilAsync(() => connection.Repairs == 2));
        await Within(connection.CloseAsync());
    }

    [Fact]
    public async Task Sends_behind_a_fin_that_is_sent_are_answered_with_the_disconnect_and_not_posted_again()
    {
        ResilientConnection connection = await OpenAsync(NewSocket());
        Target.IsAutomatic = false;
        var send = new TaskCompletionSource<SendResult>();
        var end = new TaskCompletionSource<DisconnectResult>();
        connection.Send("data"u8.ToArray(), (_, result) => send.TrySetResult(result), null);
        connection.Disconnect(DisconnectKind.Graceful, default, (_, result) => end.TrySetResult(result), null);
        await Within(UntilAsync(() => Last().Queued == 2));
        Last().TakeWithoutAcknowledging();
        Target.Submitted.Clear();
        Last().Say(TcpUploadReason.HardwareFailure);
        await Within(UntilAsync(() => Target.Submitted.Any(request => request is TcpOffloadDisconnect)));
        Target.Submitted.ShouldNotContain(request => request is TcpOffloadSend);
        await Within(UntilAsync(() => Last().Queued == 1));
        Last().Run();
        (await Within(send.Task)).ShouldBe(new SendResult(NdisStatus.Success, 4));
        (await Within(end.Task)).ShouldBe(new DisconnectResult(NdisStatus.Success, 4));
        await Within(connection.CloseAsync());
    }

    [Fact]
    public async Task A_connection_that_both_sides_have_closed_is_read_to_its_end_and_not_aborted()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);
        using Socket server = await listener.AcceptAsync();
        ResilientConnection connection = await OpenAsync(client);
        var end = new TaskCompletionSource<DisconnectResult>();
        connection.Disconnect(DisconnectKind.Graceful, default, (_, result) => end.TrySetResult(result), null);
        await Within(end.Task);
        client.Shutdown(SocketShutdown.Send);
        server.Send("bye"u8);
        server.Shutdown(SocketShutdown.Send);
        await Within(UntilAsync(() => client.Available == 3));
        Target.InitiateStatus = NdisStatus.OffloadConnectionRejected;
        Last().Say(TcpUploadReason.HardwareFailure);
        await Within(_user.Closed);
        _user.Got.ShouldBe("bye"u8.ToArray());
        _user.Aborted.IsCompleted.ShouldBeFalse();
        (await Within(connection.CloseAsync())).BytesReceived.ShouldBe(3);
    }

    [Fact]
    public async Task A_chain_is_answered_member_by_member_over_a_death()
    {
        ResilientConnection connection = await OpenAsync(NewSocket());
        Target.IsAutomatic = false;
        TaskCompletionSource<SendResult>[] answers = [new(), new(), new()];
        connection.SendChain(
            [.. answers.Select(answer => ((ReadOnlyMemory<byte>)"ab"u8.ToArray(), (object?)answer))],
            (state, result) => ((TaskCompletionSource<SendResult>)state!).TrySetResult(result));
        await Within(UntilAsync(() => Last().Queued == 3));
        Last().Run(1);
        Target.IsAutomatic = true;
        Last().Say(TcpUploadReason.HardwareFailure);
        foreach (TaskCompletionSource<SendResult> answer in answers)
            (await Within(answer.Task)).ShouldBe(new SendResult(NdisStatus.Success, 2));
        await Within(connection.CloseAsync());
    }

    private Task<ResilientConnection> OpenAsync(Socket socket) =>
        Within(ResilientConnection.OpenAsync(Chimney.Binding("tcpip"), socket, _user));

    private Wire Last() => Target[Chimney.Stack.Handles.All().Last(entry => !entry.Ended).Handle];

    private static TcpOffloadEvent Wish(OffloadHandle connection) =>
        new(connection, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.HardwareFailure, 0);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Yield();
    }
}
