using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Serilog;

namespace ChimneyActors.Node.Admin;

/// <summary>Answers the operators of a running node, over HTTP on a local socket.</summary>
/// <remarks>GET /connections, /requests, /life and /ready, POST /drain and /life/ADAPTER/STEP. The numbers are
/// <c>?max=</c>; what is said of requests is true twice, so long apart as <c>?over=</c> says in milliseconds.
/// /cluster/connections, /cluster/requests and /cluster/adapters say the same of every node of the cluster, an entry
/// each.</remarks>
internal sealed class AdminServer : IAsyncDisposable
{
    private const string ClusterPrefix = "/cluster/";
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>How both sides write what they say.</summary>
    public static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new EndPointText() },
    };

    private readonly WebApplication _web;
    private readonly NodeAnswers _answers;
    private readonly ClusterMember? _cluster;
    private readonly ShutdownSignals _signals;
    private readonly string _path;

    private AdminServer(string path, Chimney chimney, ShutdownSignals signals, ClusterMember? cluster)
    {
        (_path, _signals, _cluster) = (path, signals, cluster);
        _answers = new NodeAnswers(chimney, cluster);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path));
        _web = builder.Build();
        _web.Run(AnswerAsync);
    }

    /// <summary>Starts it.</summary>
    /// <returns>Null if none is wanted.</returns>
    public static async Task<AdminServer?> StartAsync(
        ParseResult line, Chimney chimney, ShutdownSignals signals, ClusterMember? cluster)
    {
        if (AdminSocket.ToMake(line) is not { } path)
            return null;
        var server = new AdminServer(path, chimney, signals, cluster);
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
        string what = http.Request.Path.Value ?? "";
        CancellationToken gone = http.RequestAborted;
        switch (http.Request.Method, what)
        {
            case ("GET", "/ready"):
                bool isReady = !_signals.First.IsCompleted && _cluster is null or { IsUp: true };
                http.Response.StatusCode = isReady ? StatusCodes.Status200OK
                    : StatusCodes.Status503ServiceUnavailable;
                break;
            case ("POST", "/drain"):
                await http.Response.WriteAsJsonAsync(new { _answers.Connections }, Format, gone).ConfigureAwait(false);
                await http.Response.CompleteAsync().ConfigureAwait(false);
                _signals.Drain();
                break;
            case ("POST", _) when what.Split('/') is ["", "life", { } adapter, { } step]:
                await LeadAsync(http, adapter, step, gone).ConfigureAwait(false);
                break;
            case ("GET", _) when what.StartsWith(ClusterPrefix, StringComparison.Ordinal) && _cluster is not null:
                await AnswerAllAsync(http, what[ClusterPrefix.Length..], gone).ConfigureAwait(false);
                break;
            case ("GET", _) when await _answers.FindAsync(what[1..], http.Request.QueryString.Value ?? "", gone)
                .ConfigureAwait(false) is { } answer:
                await WriteAsync(http, answer, gone).ConfigureAwait(false);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async Task LeadAsync(HttpContext http, string adapter, string step, CancellationToken gone)
    {
        try
        {
            if (await _answers.LeadAsync(adapter, step).ConfigureAwait(false) is { } answer)
                await WriteAsync(http, answer, gone).ConfigureAwait(false);
            else
                http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        catch (InvalidOperationException cannot)
        {
            http.Response.StatusCode = StatusCodes.Status409Conflict;
            await http.Response.WriteAsync(cannot.Message, gone).ConfigureAwait(false);
        }
    }

    /// <summary>Each node's own answer, or why there is none.</summary>
    private async Task AnswerAllAsync(HttpContext http, string what, CancellationToken gone)
    {
        var over = TimeSpan.FromMilliseconds(int.TryParse(http.Request.Query["over"], out int lasting) ? lasting : 0);
        IReadOnlyList<NodeAnswer> all = await _cluster!
            .AskAllAsync(what + http.Request.QueryString.Value, over + Within).ConfigureAwait(false);
        var nodes = all.Select(one => new
        {
            one.Node,
            Answer = one.Text is null ? null : JsonNode.Parse(one.Text),
            one.Failure,
        });
        await WriteAsync(http, JsonSerializer.Serialize(nodes, Format), gone).ConfigureAwait(false);
    }

    private static async Task WriteAsync(HttpContext http, string json, CancellationToken gone)
    {
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json, gone).ConfigureAwait(false);
    }
}
