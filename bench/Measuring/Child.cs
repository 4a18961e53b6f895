using System.ComponentModel;
using System.Diagnostics;

namespace ChimneyActors.Bench.Measuring;

/// <summary>A process of ours. It is killed when it is disposed of; those that listen end with their input too, so that
/// none outlives the benchmark.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;

    private Child(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>This program, with another command.</summary>
    public static Child StartSelf(params string[] words) => Start(Environment.ProcessPath!, words);

    /// <summary>A program with both its standard streams in our hands.</summary>
    /// <exception cref="BenchException">It cannot be started.</exception>
    public static Child Start(string program, params string[] words)
    {
        var info = new ProcessStartInfo(program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            return new Child(Process.Start(info)!);
        }
        catch (Win32Exception missing)
        {
            throw new BenchException($"cannot start {program}: {missing.Message}");
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="BenchException">It failed.</exception>
    public static async Task<string> OutputOfAsync(string program, params string[] words)
    {
        using Child child = Start(program, words);
        return await child.FinishAsync(program).ConfigureAwait(false);
    }

    /// <summary>All that it says, once it has ended well.</summary>
    public async Task<string> FinishAsync(string name)
    {
        string output = await Output.ReadToEndAsync().ConfigureAwait(false);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return _process.ExitCode == 0 ? output : throw new BenchException($"{name} ended with {_process.ExitCode}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
