using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>A user of one connection that is made by an adapter elsewhere.</summary>
internal sealed class RemoteUser : IConnectionUser
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte> _received = [];

    public OffloadedConnection Connection { get; private set; } = null!;

    public Task Closed => _closed.Task.WaitAsync(Patience);

    public Task Aborted => _aborted.Task.WaitAsync(Patience);

    public byte[] Received
    {
        get
        {
            lock (_received)
                return [.. _received];
        }
    }

    public static async Task<RemoteUser> OpenAsync(ClusterNode host, IPEndPoint to, string key = "")
    {
        var user = new RemoteUser();
        System.Net.Sockets.Socket socket = await host.Target!.ConnectAsync(to, key).WaitAsync(Patience);
        user.Connection = await host.Binding.OffloadAsync(socket, user).WaitAsync(Patience);
        return user;
    }

    public Task<SendResult> SendAsync(byte[] data) => Connection.SendAsync(data).AsTask().WaitAsync(Patience);

    public Task<DisconnectResult> DisconnectAsync() =>
        Connection.DisconnectAsync(DisconnectKind.Graceful).WaitAsync(Patience);

    public Task HasReceivedAsync(int bytes) =>
        ClusterNode.EventuallyAsync(() => Received.Length >= bytes, $"{bytes} bytes");

    public async Task CloseAsync() => await Connection.DisposeAsync().AsTask().WaitAsync(Patience);

    void IConnectionUser.OnReceived(ReceivedData data)
    {
        lock (_received)
            _received.AddRange(data.Memory.Span);
        data.Return();
    }

    void IConnectionUser.OnPeerClosed() => _closed.TrySetResult();

    void IConnectionUser.OnAborted() => _aborted.TrySetResult();
}
