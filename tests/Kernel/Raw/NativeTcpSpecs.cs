using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChimneyActors.Contract;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

public sealed partial class NativeTcpSpecs : IDisposable
{
    private const int GetFlags = 3;
    private const int NonBlocking = 0x800;

    private readonly SocketPair _pair = SocketPair.Connect();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void A_receive_without_data_answers_again_and_leaves_the_socket_blocking()
    {
        int before = fcntl(_pair.Descriptor, GetFlags, 0);

        NativeTcp.Receive(_pair.Descriptor, new byte[16]).ShouldBe(-Errno.Again);

        (before & NonBlocking).ShouldBe(0);
        fcntl(_pair.Descriptor, GetFlags, 0).ShouldBe(before);
    }

    [Fact]
    public void Bytes_sent_arrive_and_then_the_end_of_the_stream()
    {
        NativeTcp.Send(_pair.Descriptor, "hello"u8).ShouldBe(5);
        NativeTcp.ShutdownSend(_pair.Descriptor).ShouldBe(0);

        var buffer = new byte[16];
        _pair.Peer.Receive(buffer).ShouldBe(5);
        buffer.AsSpan(0, 5).SequenceEqual("hello"u8).ShouldBeTrue();
        NativeTcp.Receive(_pair.PeerDescriptor, buffer).ShouldBe(0);
    }

    [Fact]
    public unsafe void A_gathered_send_keeps_the_order_of_its_pieces()
    {
        byte[] bytes = GC.AllocateArray<byte>(6, pinned: true);
        "abcdef"u8.CopyTo(bytes);
        byte* start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0);
        IoVector* pieces = stackalloc IoVector[3];
        pieces[0] = new IoVector { Base = start + 4, Length = 2 };
        pieces[1] = new IoVector { Base = start, Length = 0 };
        pieces[2] = new IoVector { Base = start, Length = 4 };

        NativeTcp.SendGathered(_pair.Descriptor, pieces, 3, more: false).ShouldBe(6);

        var buffer = new byte[16];
        _pair.Peer.Receive(buffer).ShouldBe(6);
        buffer.AsSpan(0, 6).SequenceEqual("efabcd"u8).ShouldBeTrue();
    }

    [Fact]
    public void A_full_buffer_answers_again_and_every_byte_taken_is_counted_as_unacknowledged_or_received()
    {
        int taken = Fill(_pair.Descriptor);

        int unacknowledged = NativeTcp.Unacknowledged(_pair.Descriptor);
        int arrived = NativeTcp.Unread(_pair.PeerDescriptor);

        unacknowledged.ShouldBeGreaterThan(0);
        (taken - unacknowledged).ShouldBeLessThanOrEqualTo(arrived);
    }

    [Fact]
    public void Our_fin_counts_as_one_unacknowledged_byte()
    {
        int taken = Fill(_pair.Descriptor);   // the peer's window is shut: neither data nor FIN can be acknowledged
        int before = NativeTcp.Unacknowledged(_pair.Descriptor);

        NativeTcp.ShutdownSend(_pair.Descriptor).ShouldBe(0);

        taken.ShouldBeGreaterThan(before);
        NativeTcp.Unacknowledged(_pair.Descriptor).ShouldBe(before + 1);
        NativeTcp.State(_pair.Descriptor).ShouldBe(KernelTcpState.FinWait1);
    }

    [Fact]
    public void The_peers_fin_leads_to_close_wait_and_ours_to_a_full_close()
    {
        _pair.Peer.Shutdown(SocketShutdown.Send);
        WaitReadable(_pair.Ours);
        NativeTcp.State(_pair.Descriptor).ShouldBe(KernelTcpState.CloseWait);

        NativeTcp.ShutdownSend(_pair.Descriptor).ShouldBe(0);
        _pair.Peer.Receive(new byte[1]).ShouldBe(0);

        NativeTcp.State(_pair.Descriptor).ShouldBeOneOf(KernelTcpState.LastAck, KernelTcpState.Closed);
    }

    [Theory]
    [InlineData("Established")]
    [InlineData("CloseWait")]
    [InlineData("FinWait1")]
    [InlineData("FinWait2")]
    public void An_abort_resets_the_peer_and_leaves_the_descriptor_open(string state)
    {
        Bring(state);
        NativeTcp.State(_pair.Descriptor).ToString().ShouldBe(state);

        NativeTcp.Abort(_pair.Descriptor).ShouldBe(0);

        WaitReadable(_pair.Peer);   // the reset arrives within the same call on loopback
        // Who has our FIN already is in CLOSE_WAIT; there Linux reports a reset as a broken pipe.
        NativeTcp.TakeError(_pair.PeerDescriptor)
            .ShouldBe(state == "FinWait2" ? Errno.Pipe : Errno.ConnectionReset);
        NativeTcp.State(_pair.Descriptor).ShouldBe(KernelTcpState.Closed);
        fcntl(_pair.Descriptor, GetFlags, 0).ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public void After_the_peers_reset_the_count_of_unacknowledged_bytes_is_still_readable()
    {
        int taken = Fill(_pair.Descriptor);
        int before = NativeTcp.Unacknowledged(_pair.Descriptor);

        NativeTcp.Abort(_pair.PeerDescriptor).ShouldBe(0);
        WaitReadable(_pair.Ours);

        NativeTcp.Unacknowledged(_pair.Descriptor).ShouldBe(before);
        before.ShouldBeLessThan(taken);
        NativeTcp.TakeError(_pair.Descriptor).ShouldBe(Errno.ConnectionReset);
        NativeTcp.TakeError(_pair.Descriptor).ShouldBe(0);
    }

    [Fact]
    public void A_socket_that_is_not_tcp_has_no_state()
    {
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        NativeTcp.State((int)datagrams.Handle).ShouldBe(KernelTcpState.Unknown);
        NativeTcp.State((int)local.Handle).ShouldBe(KernelTcpState.Unknown);
        NativeTcp.State(-1).ShouldBe(KernelTcpState.Unknown);
    }

    private void Bring(string state)
    {
        switch (state)
        {
            case "CloseWait":
                _pair.Peer.Shutdown(SocketShutdown.Send);
                WaitReadable(_pair.Ours);
                break;
            case "FinWait1":
                Fill(_pair.Descriptor);
                NativeTcp.ShutdownSend(_pair.Descriptor).ShouldBe(0);
                break;
            case "FinWait2":
                NativeTcp.ShutdownSend(_pair.Descriptor).ShouldBe(0);
                _pair.Peer.Receive(new byte[1]).ShouldBe(0);
                SpinWait.SpinUntil(
                    () => NativeTcp.State(_pair.Descriptor) == KernelTcpState.FinWait2,
                    Limits.Patience).ShouldBeTrue();
                break;
            default:
                break;
        }
    }

    private static int Fill(int descriptor)
    {
        var chunk = new byte[65536];
        int total = 0;
        while (true)
        {
            int taken = NativeTcp.Send(descriptor, chunk);
            if (taken < 0)
            {
                taken.ShouldBe(-Errno.Again);
                return total;
            }

            total += taken;
        }
    }

    private static void WaitReadable(Socket socket) =>
        socket.Poll(Limits.Patience, SelectMode.SelectRead).ShouldBeTrue();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);
}
