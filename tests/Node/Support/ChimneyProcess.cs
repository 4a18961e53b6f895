using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>The real process, started from the built program; killed by its id if the test leaves it running.</summary>
internal sealed partial class ChimneyProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigStop = 19;
    private const int SigCont = 18;
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private ChimneyProcess(string[] args, (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "chimney.dll"));
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IPEndPoint Address => IPEndPoint.Parse(Events("listening").Single().GetProperty("address").GetString()!);

    public string Errors => string.Join('\n', _errors);

    public string Output => string.Join('\n', _output);

    /// <summary>Bytes of memory that are its own.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The final JSON object.</summary>
    public JsonElement Summary => Events("summary").Single();

    /// <summary>By what other nodes join it: HOST:PORT.</summary>
    public string Member => Cluster[(Cluster.LastIndexOf('@') + 1)..];

    private string Cluster => Events("listening").Single().GetProperty("cluster").GetString()!;

    /// <summary>For members of a cluster: a busy machine is not a dead one.</summary>
    public static string[] Patient { get; } =
        ["--set", "akka.cluster.failure-detector.acceptable-heartbeat-pause=10s"];

    /// <summary>Starts an adapter.</summary>
    /// <param name="join">Whose cluster; null for one of its own.</param>
    /// <param name="args">More flags.</param>
    public static Task<ChimneyProcess> AdapterAsync(ChimneyProcess? join, params string[] args) => StartAsync(
    [
        "adapter", "--cluster", "127.0.0.1:0", "--roles", "offload", "--admin", "none", "--json",
        .. join is null ? Array.Empty<string>() : ["--join", join.Member], .. Patient, .. args,
    ]);

    /// <summary>Starts a verb that listens, and waits until it does.</summary>
    public static Task<ChimneyProcess> ListenAsync(params string[] args) =>
        StartAsync([.. args, "--listen", "127.0.0.1:0", "--json"]);

    /// <summary>Starts it as it stands, and waits for nothing.</summary>
    public static ChimneyProcess Start(string[] args, params (string Name, string Value)[] environment) =>
        new(args, environment);

    /// <summary>Ends it as nothing may: SIGKILL.</summary>
    public void Murder() => _process.Kill();

    private static async Task<ChimneyProcess> StartAsync(string[] args)
    {
        ChimneyProcess process = new(args, []);
        await process.ListensAsync();
        return process;
    }

    /// <summary>Waits until it says that it listens.</summary>
    public async Task ListensAsync()
    {
        await Eventually.BecomesTrueAsync(
            () => Events("listening").Any() || _process.HasExited, "it listens", Everything);
        if (_process.HasExited)
            throw new InvalidOperationException($"It ended instead of listening. {Everything()}");
    }

    /// <summary>Starts a relay to an upstream.</summary>
    public static Task<ChimneyProcess> RelayAsync(IPEndPoint upstream, params string[] args) =>
        ListenAsync(["relay", "--to", upstream.ToString(), .. args]);

    /// <summary>Runs a command line to its end.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) =>
        RunAsync(Eventually.Deadline, args);

    /// <summary>The same for one that takes its time.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(TimeSpan limit, params string[] args)
    {
        await using ChimneyProcess process = new(args, []);
        int code = await process.ExitAsync(limit);
        return (code, process.Output, process.Errors);
    }

    /// <summary>It stands still, as on a machine that sleeps.</summary>
    public void Stop() => Kill(_process.Id, SigStop).ShouldBe(0);

    public void Continue() => Kill(_process.Id, SigCont).ShouldBe(0);

    public void Signal() => Kill(_process.Id, SigTerm).ShouldBe(0, Everything());

    public Task<int> ExitAsync() => ExitAsync(Eventually.Deadline);

    private async Task<int> ExitAsync(TimeSpan limit)
    {
        using CancellationTokenSource deadline = new(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"It did not exit. {Everything()}");
        }
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, exit code 0, and a balanced ledger with every session accounted for.</summary>
    public async Task<JsonElement> EndsWellAsync()
    {
        Signal();
        int code = await ExitAsync();
        code.ShouldBe(0, Everything());
        JsonElement summary = Summary;
        summary.GetProperty("balanced").GetBoolean().ShouldBeTrue(Everything());
        JsonElement ledger = summary.GetProperty("ledger");
        ledger.GetProperty("posted").GetInt64().ShouldBe(ledger.GetProperty("completed").GetInt64());
        summary.GetProperty("ends").EnumerateObject().Sum(end => end.Value.GetInt64())
            .ShouldBe(summary.GetProperty("accepted").GetInt64());
        return summary;
    }

    /// <summary>The structured log lines of sessions that ended.</summary>
    public IReadOnlyList<JsonElement> Sessions() =>
        [.. _errors.Select(Parse).Where(line => line.TryGetProperty("End", out _))];

    public async Task<JsonElement> SessionAsync(Func<JsonElement, bool> which, string what)
    {
        await Eventually.BecomesTrueAsync(() => Sessions().Any(which), what, Everything);
        return Sessions().First(which);
    }

    public Task SessionsEndAsync(int count) =>
        Eventually.BecomesTrueAsync(() => Sessions().Count >= count, $"{count} sessions end", () =>
            $"{Sessions().Count} did. {Everything()}");

    public Task SaysAsync(string text) => Eventually.BecomesTrueAsync(
        () => Errors.Contains(text, StringComparison.Ordinal), $"it logs '{text}'", Everything);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    private IEnumerable<JsonElement> Events(string name) =>
        from line in _output.Select(Parse)
        where line.TryGetProperty("event", out JsonElement text) && text.GetString() == name
        select line;

    private static JsonElement Parse(string line)
    {
        try
        {
            return JsonDocument.Parse(line).RootElement;
        }
        catch (JsonException)
        {
            return JsonDocument.Parse("{}").RootElement;
        }
    }

    private string Everything() => $"Output: {Output}\nErrors: {Errors[..Math.Min(Errors.Length, 20_000)]}";

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
