using System.Net.Sockets;
using System.Text;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>A whole life of a connection, again and again; each time one driver dies at another place of it.</summary>
public sealed class DriverDeathSpecs : StackSpec
{
    private const int VisitsMax = 60;
    private static readonly byte[] Incoming = Encoding.ASCII.GetBytes("what the peer says");

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "tcpip", "mux1", "mux0", "nic0", "nic0-shelf", "connection");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_wherever_nobody_waits_and_no_stream_has_a_hole(string driver, CrashStep step)
    {
        for (int visit = 0; visit < VisitsMax; visit++)
        {
            Crashes.Arm(driver == "nic0" ? "nic0" : driver, step, visit);
            await new Life(this, $"{driver} {step} {visit}").RunAsync(graceful: visit % 2 == 0);
            bool crashed = Crashes.HasCrashed;
            Crashes.Disarm();
            if (!crashed)
                break;
        }
        // The stack works again.
        await new Life(this, "after").RunAsync(graceful: true);
        Chimney.Connections.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_resilient_connection_delivers_the_exact_stream_whoever_dies(string driver, CrashStep step)
    {
        for (int visit = 0; visit < VisitsMax; visit++)
        {
            Crashes.Arm(driver, step, visit);
            await ResilientLifeAsync($"{driver} {step} {visit}");
            bool crashed = Crashes.HasCrashed;
            Crashes.Disarm();
            if (!crashed)
                break;
        }
    }

    private async Task ResilientLifeAsync(string what)
    {
        Socket socket = NewSocket();
        Peer peer = Target.PeerOf(socket);
        peer.Sends(Incoming, fin: false);
        var user = new HearingUser();
        ResilientConnection connection = await Named(what + " open", ResilientConnection.OpenAsync(
            Chimney.Binding("tcpip"), socket, user));
        List<Task<SendResult>> sends = [];
        var expected = new StringBuilder();
        for (int i = 0; i < 8; i++)
        {
            expected.Append($"<{i}>");
            sends.Add(SendAsync(connection, $"<{i}>"));
        }
        await Named(what + " hears", user.Hears(Incoming.Length));
        SendResult[] sent = await Named(what + " sends", Task.WhenAll(sends));
        sent.ShouldAllBe(result => result.Status == NdisStatus.Success, what);
        var ended = new TaskCompletionSource<DisconnectResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        expected.Append("bye");
        connection.Disconnect(DisconnectKind.Graceful, "bye"u8.ToArray(), (_, end) => ended.SetResult(end), null);
        DisconnectResult disconnected = await Named(what + " disconnect", ended.Task);
        disconnected.ShouldBe(new DisconnectResult(NdisStatus.Success, expected.Length), what);
        Encoding.ASCII.GetString(peer.Got).ShouldBe(expected.ToString(), what);
        peer.GotFin.ShouldBeTrue(what);
        peer.Holes.ShouldBe(0, what);
        user.Got.ShouldBe(Incoming, what);
        user.Aborted.IsCompleted.ShouldBeFalse(what);
        ConnectionSummary summary = await Named(what + " close", connection.CloseAsync());
        summary.BytesAcknowledged.ShouldBe(expected.Length, what);
    }

    private static Task<SendResult> SendAsync(ResilientConnection connection, string text)
    {
        var done = new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Send(Encoding.ASCII.GetBytes(text), (_, result) => done.SetResult(result), null);
        return done.Task;
    }

    private sealed class Life(DriverDeathSpecs spec, string what)
    {
        private readonly HearingUser _user = new();
        private readonly List<(string Text, Task<SendResult> Result)> _sends = [];
        private Peer _peer = null!;

        public async Task RunAsync(bool graceful)
        {
            Socket socket = NewSocket();
            _peer = spec.Target.PeerOf(socket);
            _peer.Sends(Incoming, fin: false);
            OffloadedConnection connection = await spec.Named(what + " offload", spec.OffloadAsync(socket, _user));
            Send(connection, "one ");
            Task<SendResult>[] chain =
                [.. connection.SendChainAsync(["two "u8.ToArray(), "three "u8.ToArray()]).Select(one => one.AsTask())];
            _sends.Add(("two ", chain[0]));
            _sends.Add(("three ", chain[1]));
            Task gone = Task.WhenAny(connection.UploadWanted, connection.Aborted);
            await spec.Named(what + " hears", Task.WhenAny(_user.Hears(Incoming.Length), gone));
            byte[] space = new byte[4];
            Task<ReceiveResult> receive = connection.ReceiveAsync(space).AsTask();
            Task<DisconnectResult> end = graceful
                ? connection.DisconnectAsync(DisconnectKind.Graceful, "bye"u8.ToArray())
                : connection.DisconnectAsync(DisconnectKind.Abortive);
            DisconnectResult ended = await spec.Named(what + " disconnect", end);
            foreach ((_, Task<SendResult> sent) in _sends)
                await spec.Named(what + " send", sent);
            UploadResult rest = await spec.Named(what + " upload", connection.UploadAsync());
            ReceiveResult received = await spec.Named(what + " receive", receive);
            _user.Take(space.AsSpan(0, received.BytesReceived));
            await CheckAsync(graceful, ended, rest);
            connection.Aborted.IsCompleted.ShouldBe(_peer.GotReset && connection.Aborted.IsCompleted, what);
            rest.Socket?.Dispose();
        }

        private void Send(OffloadedConnection connection, string text) =>
            _sends.Add((text, connection.SendAsync(Encoding.ASCII.GetBytes(text)).AsTask()));

        private async Task CheckAsync(bool graceful, DisconnectResult ended, UploadResult rest)
        {
            string got = Encoding.ASCII.GetString(_peer.Got);
            _peer.Holes.ShouldBe(0, what);
            "one two three bye".ShouldStartWith(got, Case.Sensitive, what);
            int at = 0;
            foreach ((string text, Task<SendResult> result) in _sends)
            {
                SendResult sent = await result;
                long arrived = Math.Clamp(got.Length - at, 0, text.Length);
                // SEND-03: success only if all of it arrived. GEN-19: never more bytes than arrived.
                if (sent.Status == NdisStatus.Success)
                    arrived.ShouldBe(text.Length, what);
                else
                    sent.Status.ShouldBeOneOf(NdisStatus.UploadInProgress, NdisStatus.RequestAborted);
                sent.BytesAcknowledged.ShouldBeLessThanOrEqualTo(arrived, what);
                at += text.Length;
            }
            if (ended.Status == NdisStatus.Success)
                (graceful ? _peer.GotFin : _peer.GotReset).ShouldBeTrue(what);
            if (_peer.GotReset)
                return;
            rest.Socket.ShouldNotBeNull(what);
            rest.Positions.Accepted.ShouldBe(got.Length, what);
            rest.FinSent.ShouldBe(_peer.GotFin, what);
            byte[] heard = [.. _user.Got, .. rest.BufferedData.Span, .. _peer.Unread];
            Encoding.ASCII.GetString(heard).ShouldBe(Encoding.ASCII.GetString(Incoming), what);
            rest.Positions.Received.ShouldBe(Incoming.Length - _peer.Unread.Length, what);
        }
    }
}
