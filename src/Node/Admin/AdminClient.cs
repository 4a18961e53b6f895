using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>Asks a running node.</summary>
internal sealed class AdminClient : IDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(100);
    private readonly HttpClient _http;
    private readonly string _path;

    /// <param name="line">The command line, which may name the node's socket.</param>
    /// <param name="over">How long the node looks before it answers.</param>
    /// <exception cref="NodeException">It is not clear which node is meant.</exception>
    public AdminClient(ParseResult line, TimeSpan over = default)
        : this(AdminSocket.ToUse(line), over + AnswersWithin)
    {
    }

    /// <param name="path">The node's socket.</param>
    /// <param name="limit">A node that has not answered by then will not: it may stand still.</param>
    public AdminClient(string path, TimeSpan limit)
    {
        _path = path;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync })
        {
            BaseAddress = new Uri("http://node"),
            Timeout = limit,
        };
    }

    /// <summary>What it says.</summary>
    /// <exception cref="NodeException">It does not answer.</exception>
    public async Task<T> GetAsync<T>(string what) => await AskAsync(async () =>
        (await _http.GetFromJsonAsync<T>(what, AdminServer.Format).ConfigureAwait(false))!).ConfigureAwait(false);

    /// <summary>Has it do something.</summary>
    /// <exception cref="NodeException">It does not answer.</exception>
    public async Task PostAsync(string what) => await AskAsync(async () =>
    {
        using HttpResponseMessage said = await _http.PostAsync(new Uri(what, UriKind.Relative), null)
            .ConfigureAwait(false);
        return said.EnsureSuccessStatusCode();
    }).ConfigureAwait(false);

    /// <summary>Has it do something that may not be possible.</summary>
    /// <returns>What it says; or why it does not, empty if it does not know what is meant.</returns>
    /// <exception cref="NodeException">It does not answer.</exception>
    public async Task<(T? Answer, string Refusal)> LeadAsync<T>(string what)
        where T : class => await AskAsync(async () =>
    {
        using HttpResponseMessage said = await _http.PostAsync(new Uri(what, UriKind.Relative), null)
            .ConfigureAwait(false);
        if (!said.IsSuccessStatusCode)
            return ((T?)null, await said.Content.ReadAsStringAsync().ConfigureAwait(false));
        return (await said.Content.ReadFromJsonAsync<T>(AdminServer.Format).ConfigureAwait(false), "");
    }).ConfigureAwait(false);

    /// <summary>Whether it takes connections.</summary>
    /// <exception cref="NodeException">It does not answer.</exception>
    public async Task<bool> IsReadyAsync() => await AskAsync(async () =>
    {
        using HttpResponseMessage said = await _http.GetAsync(new Uri("/ready", UriKind.Relative))
            .ConfigureAwait(false);
        return said.StatusCode == HttpStatusCode.ServiceUnavailable
            ? false
            : said.EnsureSuccessStatusCode().IsSuccessStatusCode;
    }).ConfigureAwait(false);

    /// <summary>Whether it still listens.</summary>
    public bool IsThere => File.Exists(_path);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (HttpRequestException silent)
        {
            throw NodeException.Environment($"no answer ({VerbLine.OneLine(silent.Message)})", $"on {_path}",
                "a running node; remove the file if it has crashed");
        }
        catch (TaskCanceledException)
        {
            throw NodeException.Environment($"no answer within {Durations.Text(_http.Timeout)}", $"on {_path}",
                "a node that does not stand still");
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancelled)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), cancelled).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
