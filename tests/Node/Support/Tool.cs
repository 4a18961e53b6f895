using System.Diagnostics;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>A program of the system that a spec needs. Missing is a failure, never a skip.</summary>
internal static class Tool
{
    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];

    public static string Find(string name) =>
        Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            $"This spec needs '{name}' of the system: apt-get install curl nginx-light wrk haproxy systemd");

    public static Task<(int Code, string Output)> RunAsync(string name, params string[] args) =>
        RunAsync(Eventually.Deadline, name, args);

    /// <summary>The same for one that takes its time.</summary>
    public static async Task<(int Code, string Output)> RunAsync(TimeSpan limit, string name, params string[] args)
    {
        ProcessStartInfo start = new(Find(name)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        using Process process = Process.Start(start)!;
        using CancellationTokenSource deadline = new(limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{name} {string.Join(' ', args)} did not end.");
        }
        return (process.ExitCode, await output + await errors);
    }
}
