using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Serilog;

namespace ChimneyActors.Node.Admin;

/// <summary>Answers the operators of a running node, over HTTP on a local socket.</summary>
/// <remarks>GET /connections, /requests and /ready, POST /drain. The numbers are <c>?max=</c>; what is said of requests
/// is true twice, so long apart as <c>?over=</c> says in milliseconds.</remarks>
internal sealed class AdminServer : IAsyncDisposable
{
    private const int MaxDefault = 1000;

    /// <summary>How both sides write what they say.</summary>
    public static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new EndPointText() },
    };

    private readonly WebApplication _web;
    private readonly Chimney _chimney;
    private readonly ShutdownSignals _signals;
    private readonly string _path;

    private AdminServer(string path, Chimney chimney, ShutdownSignals signals)
    {
        (_path, _chimney, _signals) = (path, chimney, signals);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path));
        _web = builder.Build();
        _web.Run(AnswerAsync);
    }

    /// <summary>Starts it.</summary>
    /// <returns>Null if none is wanted.</returns>
    public static async Task<AdminServer?> StartAsync(ParseResult line, Chimney chimney, ShutdownSignals signals)
    {
        if (AdminSocket.ToMake(line) is not { } path)
            return null;
        var server = new AdminServer(path, chimney, signals);
        await server._web.StartAsync().ConfigureAwait(false);
        Log.Information("Operators are heard on {Path}: chimney netstat, pending, drain", path);
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync().ConfigureAwait(false);
        File.Delete(_path);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        int max = Number(http, "max", MaxDefault);
        CancellationToken gone = http.RequestAborted;
        switch (http.Request.Method, http.Request.Path.Value)
        {
            case ("GET", "/connections"):
                await http.Response.WriteAsJsonAsync(_chimney.ViewConnections(max), Format, gone).ConfigureAwait(false);
                break;
            case ("GET", "/requests"):
                int over = Number(http, "over", 0);
                IReadOnlyList<RequestView> lasting = await LastingAsync(over, gone).ConfigureAwait(false);
                await http.Response.WriteAsJsonAsync(lasting.Take(max), Format, gone).ConfigureAwait(false);
                break;
            case ("GET", "/ready"):
                http.Response.StatusCode = _signals.First.IsCompleted ? StatusCodes.Status503ServiceUnavailable
                    : StatusCodes.Status200OK;
                break;
            case ("POST", "/drain"):
                await http.Response.WriteAsJsonAsync(new { _chimney.Connections }, Format, gone).ConfigureAwait(false);
                await http.Response.CompleteAsync().ConfigureAwait(false);
                _signals.Drain();
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    /// <summary>What was out at the beginning and is still out on the same journey.</summary>
    private async Task<IReadOnlyList<RequestView>> LastingAsync(int milliseconds, CancellationToken gone)
    {
        IReadOnlyList<RequestView> first = _chimney.ViewRequests(int.MaxValue);
        if (milliseconds == 0)
            return first;
        await Task.Delay(milliseconds, gone).ConfigureAwait(false);
        HashSet<string> before = [.. first.Select(request => request.Id)];
        return [.. _chimney.ViewRequests(int.MaxValue).Where(request => before.Contains(request.Id))];
    }

    private static int Number(HttpContext http, string name, int otherwise) =>
        int.TryParse(http.Request.Query[name], out int number) && number >= 0 ? number : otherwise;
}
