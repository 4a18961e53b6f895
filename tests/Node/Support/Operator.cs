using System.Net.Sockets;
using System.Text.Json;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>Asks a running node over HTTP on its socket.</summary>
internal sealed class Operator(string admin)
{
    /// <summary>The adapters that a node knows of.</summary>
    public async Task<JsonElement[]> AdaptersAsync()
    {
        using HttpClient http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancelled) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(admin), cancelled);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        string text = await http.GetStringAsync(new Uri("http://node/adapters"));
        return [.. JsonDocument.Parse(text).RootElement.EnumerateArray()];
    }

    /// <summary>Waits until it has links to so many.</summary>
    public Task HasAdaptersAsync(int count) => SeesAsync(async () => (await AdaptersAsync())
        .Count(one => one.GetProperty("isOpen").GetBoolean()) == count, $"{count} adapters");

    /// <summary>Waits for an answer.</summary>
    public static async Task SeesAsync(Func<Task<bool>> condition, string what)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        using CancellationTokenSource deadline = new(Eventually.Deadline);
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
                throw new TimeoutException($"Within {Eventually.Deadline}, never: {what}.");
            await timer.WaitForNextTickAsync();
        }
    }
}
