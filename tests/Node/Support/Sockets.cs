using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>Plain socket steps, none without a deadline.</summary>
internal static class Sockets
{
    public static async Task<Socket> ConnectAsync(IPEndPoint address, int? receiveBytes = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBytes is { } bytes)
            socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(address).WaitAsync(Eventually.Deadline);
        return socket;
    }

    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await socket.SendAsync(data).AsTask().WaitAsync(Eventually.Deadline)..];
    }

    public static Task SendTextAsync(this Socket socket, string text) =>
        socket.SendAllAsync(Encoding.ASCII.GetBytes(text));

    public static async Task<int> ReceiveSomeAsync(this Socket socket, Memory<byte> buffer) =>
        await socket.ReceiveAsync(buffer).AsTask().WaitAsync(Eventually.Deadline);

    public static async Task<byte[]> ReceiveToEndAsync(this Socket socket)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[65_536];
        int count;
        while ((count = await socket.ReceiveSomeAsync(buffer)) > 0)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    public static async Task<byte[]> ReceiveExactlyAsync(this Socket socket, int bytes)
    {
        byte[] all = new byte[bytes];
        int have = 0;
        while (have < bytes)
        {
            int count = await socket.ReceiveSomeAsync(all.AsMemory(have));
            count.ShouldBeGreaterThan(0, $"the stream ended after {have} of {bytes} bytes");
            have += count;
        }
        return all;
    }

    /// <summary>Waits for the reset; anything but a reset fails.</summary>
    public static async Task IsResetAsync(this Socket socket)
    {
        SocketException e = await Should.ThrowAsync<SocketException>(socket.ReceiveToEndAsync());
        e.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public static byte[] RandomBytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Checksum(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}
