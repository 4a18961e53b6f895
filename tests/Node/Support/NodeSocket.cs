using System.Net.Sockets;
using System.Text.Json;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>Speaks with a running node over its local socket, without a process for each question.</summary>
internal sealed class NodeSocket : IDisposable
{
    private readonly HttpClient _http;

    public NodeSocket(string path) => _http = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancelled) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancelled);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://node"), Timeout = Eventually.Deadline };

    /// <summary>Leads an adapter a step through its life, to the end of the step.</summary>
    public async Task LeadAsync(string adapter, string step)
    {
        var what = new Uri($"/life/{adapter}/{step}", UriKind.Relative);
        using HttpResponseMessage said = await _http.PostAsync(what, null);
        string text = await said.Content.ReadAsStringAsync();
        said.IsSuccessStatusCode.ShouldBeTrue($"{step} {adapter}: {text}");
        JsonElement.Parse(text).GetProperty("isDone").GetBoolean().ShouldBeTrue($"{step} {adapter}: {text}");
    }

    public void Dispose() => _http.Dispose();
}
