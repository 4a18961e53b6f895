using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>The production actors over the simulated target, and a wire that is none of the best.</summary>
public sealed class WholeStackSpecs
{
    private static readonly WireFaults Bad = new()
    {
        Delay = TimeSpan.FromMilliseconds(15),
        Jitter = TimeSpan.FromMilliseconds(10),
        Loss = 0.05,
        Duplication = 0.03,
        Corruption = 0.03,
        Reordering = 0.1,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_graceful_end_over_a_bad_wire_says_that_the_peer_has_everything_and_it_has(int seed) =>
        Live(seed).ShouldBeGreaterThan(TimeSpan.Zero);

    [Fact]
    public void The_same_seed_is_the_same_run() => Live(11).ShouldBe(Live(11));

    [Fact]
    public void Uploaded_and_offloaded_again_in_the_middle_of_both_streams_no_byte_is_lost_or_doubled()
    {
        using var stack = new DrivenStack(7);
        SimulatedLine line = Connect(stack, out Reading peerHas);
        var user = new User();
        var place = new UploadResult(line.Socket, default, default, false);
        line.Peer.Send(Pattern.Bytes(0, 60_000));
        OffloadedConnection connection = stack.Offload(place, user);
        for (int move = 0; move < 10; move++)
        {
            int at = (int)place.Positions.Accepted;
            Task<SendResult> sent = connection.SendAsync(Pattern.Bytes(at, 30_000)).AsTask();
            long enough = place.Positions.Acknowledged + 4_000;
            stack.Until(() => line.Acknowledged >= enough);
            OffloadBlock left = stack.Result(connection.TerminateAsync());
            left.Status.ShouldBe(NdisStatus.Success);
            sent.IsCompleted.ShouldBeTrue();
            place = new UploadResult(left.Socket, left.Positions, left.BufferedData, left.FinSent);
            user.Received.ShouldBe(left.Delivered);
            connection = stack.Offload(place, user);
        }

        int rest = (int)place.Positions.Accepted;
        DisconnectResult end = stack.Result(
            connection.DisconnectAsync(DisconnectKind.Graceful, Pattern.Bytes(rest, 100)));
        end.Status.ShouldBe(NdisStatus.Success);
        peerHas.Bytes.ShouldBe(rest + 100);
        line.Peer.IsFinished.ShouldBeTrue();
        stack.Until(() => user.Received == 60_000);
        stack.Result(connection.TerminateAsync()).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public void An_adapter_that_vanishes_leaves_nobody_waiting()
    {
        using var stack = new DrivenStack(3);
        SimulatedLine line = Connect(stack, out _);
        var user = new User();
        OffloadedConnection connection =
            stack.Offload(new UploadResult(line.Socket, default, default, false), user);
        Task<SendResult>[] sends =
            [.. Enumerable.Range(0, 10).Select(i => connection.SendAsync(Pattern.Bytes(i * 30_000, 30_000)).AsTask())];
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[100]).AsTask();
        stack.Until(() => line.Acknowledged > 50_000);
        stack.Target.Remove();
        stack.Until(() => receive.IsCompleted && sends.All(send => send.IsCompleted) && user.IsAborted);

        stack.Result(sends[0]).Status.ShouldBe(NdisStatus.Success);
        stack.Result(sends[^1]).Status.ShouldBe(NdisStatus.RequestAborted);
        stack.Result(receive).Status.ShouldBe(NdisStatus.RequestAborted);
        OffloadBlock left = stack.Result(connection.TerminateAsync());
        left.Status.ShouldBe(NdisStatus.Failure);
        left.Socket.ShouldBeNull();
    }

    [Fact]
    public void An_adapter_that_is_pulled_out_aborts_its_connections_and_another_one_takes_its_place()
    {
        using var stack = new DrivenStack(5);
        SimulatedLine line = Connect(stack, out _);
        var user = new User();
        OffloadedConnection connection =
            stack.Offload(new UploadResult(line.Socket, default, default, false), user);
        Task<SendResult>[] sends =
            [.. Enumerable.Range(0, 10).Select(i => connection.SendAsync(Pattern.Bytes(i * 30_000, 30_000)).AsTask())];
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[100]).AsTask();
        Task<TcpOffloadState> query = connection.QueryAsync();
        stack.Until(() => line.Acknowledged > 50_000);
        Adapter adapter = stack.Chimney.Adapter("nic0");
        LifeResult removed = stack.Result(adapter.RemoveAsync());

        removed.IsDone.ShouldBeTrue(removed.WaitsFor);
        adapter.Halted.ShouldBe(HaltAction.DeviceSurpriseRemoved);
        user.IsAborted.ShouldBeTrue();
        stack.Until(() => query.IsCompleted);
        stack.Result(connection.SendAsync(new byte[1]).AsTask()).Status.ShouldBe(NdisStatus.UploadInProgress);
        sends.ShouldAllBe(send => send.IsCompleted);
        stack.Result(sends[^1]).Status.ShouldBe(NdisStatus.RequestAborted);
        stack.Result(receive).Status.ShouldBe(NdisStatus.RequestAborted);
        OffloadBlock left = stack.Result(connection.TerminateAsync());
        (left.Status, left.Socket).ShouldBe((NdisStatus.Failure, null));

        stack.Result(adapter.InitializeAsync()).IsDone.ShouldBeTrue();
        SimulatedLine fresh = Connect(stack, out Reading peerHas);
        OffloadedConnection again = stack.Offload(new UploadResult(fresh.Socket, default, default, false), new User());
        stack.Result(again.SendAsync(Pattern.Bytes(0, 5_000)).AsTask()).Status.ShouldBe(NdisStatus.Success);
        peerHas.Bytes.ShouldBe(5_000);
        stack.Result(again.TerminateAsync()).Status.ShouldBe(NdisStatus.Success);
    }

    /// <summary>Sends both ways on two connections, and closes both halves of each.</summary>
    /// <returns>How long it took, in virtual time.</returns>
    private static TimeSpan Live(int seed)
    {
        const int Piece = 3_000;
        const int Pieces = 30;
        using var stack = new DrivenStack(seed);
        for (int number = 0; number < 2; number++)
        {
            SimulatedLine line = Connect(stack, out Reading peerHas);
            var user = new User();
            OffloadedConnection connection =
                stack.Offload(new UploadResult(line.Socket, default, default, false), user);
            line.Peer.Send(Pattern.Bytes(0, 50_000));
            line.Peer.Finish();
            Task<SendResult>[] sends =
            [
                .. Enumerable.Range(0, Pieces).Select(i =>
                    connection.SendAsync(Pattern.Bytes(i * Piece, Piece)).AsTask()),
            ];
            Task<DisconnectResult> end =
                connection.DisconnectAsync(DisconnectKind.Graceful, Pattern.Bytes(Pieces * Piece, 3));

            DisconnectResult result = stack.Result(end);
            result.Status.ShouldBe(NdisStatus.Success);
            result.BytesAcknowledged.ShouldBe((Pieces * Piece) + 3);
            sends.ShouldAllBe(send => send.IsCompleted && stack.Result(send).Status == NdisStatus.Success);
            peerHas.Bytes.ShouldBe((Pieces * Piece) + 3);
            line.Peer.IsFinished.ShouldBeTrue();
            stack.Until(() => user.IsClosed);
            user.Received.ShouldBe(50_000);
            stack.Result(connection.TerminateAsync()).Status.ShouldBe(NdisStatus.Success);
        }

        return stack.Network.Now;
    }

    private static SimulatedLine Connect(DrivenStack stack, out Reading peerHas)
    {
        SimulatedLine line = stack.Network.Connect(new SimulatedLinePlan { Faults = Bad });
        var reading = new Reading();
        line.Peer.Reader = reading.Take;
        peerHas = reading;
        return line;
    }

    /// <summary>A stream that is checked as it comes.</summary>
    private sealed class Reading
    {
        internal long Bytes { get; private set; }

        internal void Take(ReadOnlyMemory<byte> data)
        {
            Pattern.Check(data.Span, Bytes);
            Bytes += data.Length;
        }
    }

    private sealed class User : IConnectionUser
    {
        private readonly Reading _reading = new();

        internal long Received => _reading.Bytes;

        internal bool IsClosed { get; private set; }

        internal bool IsAborted { get; private set; }

        public void OnReceived(ReceivedData data)
        {
            _reading.Take(data.Memory);
            data.Return();
        }

        public void OnPeerClosed() => IsClosed = true;

        public void OnAborted() => IsAborted = true;
    }
}
