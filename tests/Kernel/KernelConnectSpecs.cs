using System.Net;
using System.Net.Sockets;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>Sockets that the target connects, so that the framework does not watch them as well.</summary>
public sealed class KernelConnectSpecs
{
    [Fact]
    public async Task A_socket_it_connects_is_one_as_any_other()
    {
        await using var target = new KernelTarget();
        using Socket listener = Listen(backlog: 1);
        using Socket ours = await target.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        using Socket peer = await listener.AcceptAsync();

        ours.Connected.ShouldBeTrue();
        ours.Blocking.ShouldBeTrue();
        ours.RemoteEndPoint.ShouldBe(listener.LocalEndPoint);
        ours.LocalEndPoint.ShouldBe(peer.RemoteEndPoint);
        (await ours.SendAsync("ab"u8.ToArray())).ShouldBe(2);
        var got = new byte[2];
        (await peer.ReceiveAsync(got)).ShouldBe(2);
        peer.Send(got);
        ours.Receive(got).ShouldBe(2);   // waits, as a call of a socket does that nobody told not to
        got.ShouldBe("ab"u8.ToArray());
    }

    [Fact]
    public async Task A_socket_it_connects_can_be_offloaded()
    {
        await using var bench = new KernelBench();
        using Socket listener = Listen(backlog: 1);
        using Socket ours = await bench.KernelTarget.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        using Socket peer = await listener.AcceptAsync();

        Line line = await bench.OffloadAsync(KernelBench.BlockOf(ours), null!);
        await bench.Host.Back(line.Send(100)[0]);
        await bench.Host.Back(line.Terminate());
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_an_error_of_the_framework()
    {
        await using var target = new KernelTarget();
        using Socket listener = Listen(backlog: 1);
        var nobody = (IPEndPoint)listener.LocalEndPoint!;
        listener.Dispose();

        SocketException refused = await Should.ThrowAsync<SocketException>(() => target.ConnectAsync(nobody));
        refused.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task An_attempt_that_takes_longer_ends_when_the_peer_answers()
    {
        await using var target = new KernelTarget();
        using Socket listener = Listen(backlog: 0);
        var there = (IPEndPoint)listener.LocalEndPoint!;
        using Socket first = await target.ConnectAsync(there);      // fills the backlog
        Task<Socket> second = target.ConnectAsync(there);
        second.IsCompleted.ShouldBeFalse();

        using Socket firstPeer = await listener.AcceptAsync();      // now the repeated SYN finds room
        using Socket ours = await second.WaitAsync(Limits.Patience);
        using Socket secondPeer = await listener.AcceptAsync();
        ours.LocalEndPoint.ShouldBe(secondPeer.RemoteEndPoint);
    }

    [Fact]
    public async Task An_attempt_can_be_given_up()
    {
        await using var target = new KernelTarget();
        using Socket listener = Listen(backlog: 0);
        var there = (IPEndPoint)listener.LocalEndPoint!;
        using Socket first = await target.ConnectAsync(there);
        using var limit = new CancellationTokenSource();
        Task<Socket> second = target.ConnectAsync(there, limit.Token);
        await limit.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(second.WaitAsync(Limits.Patience));
        await Should.ThrowAsync<OperationCanceledException>(() => target.ConnectAsync(there, limit.Token));
    }

    [Fact]
    public async Task An_attempt_ends_with_its_target()
    {
        var target = new KernelTarget();
        using Socket listener = Listen(backlog: 0);
        var there = (IPEndPoint)listener.LocalEndPoint!;
        using Socket first = await target.ConnectAsync(there);
        Task<Socket> second = target.ConnectAsync(there);
        await target.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(second.WaitAsync(Limits.Patience));
        await Should.ThrowAsync<ObjectDisposedException>(() => target.ConnectAsync(there));
    }

    private static Socket Listen(int backlog)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(backlog);
        return listener;
    }
}
