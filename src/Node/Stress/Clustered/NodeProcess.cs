using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>One life of a node, in a process of its own; killed if it is left running.</summary>
internal sealed partial class NodeProcess : IDisposable
{
    private const int SigStop = 19;
    private const int SigCont = 18;
    private readonly Process _process;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeProcess(Process process, int life, bool mayBegin)
    {
        _process = process;
        Life = life;
        MayBegin = mayBegin;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => _ended.TrySetResult();
        if (process.HasExited)
            _ended.TrySetResult();
    }

    /// <summary>From 0; each process of a node is one.</summary>
    public int Life { get; }

    /// <summary>Whether it begins a cluster of its own if it finds none.</summary>
    public bool MayBegin { get; }

    /// <summary>What it told last.</summary>
    public NodeCounts? Counts { get; private set; }

    /// <summary>Its address in the cluster, once it runs.</summary>
    public string? Address { get; private set; }

    /// <summary>Its verdict, once it was asked to finish.</summary>
    public NodeVerdict? Verdict { get; private set; }

    /// <summary>Whether it was killed on purpose.</summary>
    public bool WasKilled { get; private set; }

    /// <summary>Done when the process is gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What it wrote that is no event: errors.</summary>
    public Queue<string> Errors { get; } = new();

    /// <summary>Starts one.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="life">Which life of the node it is.</param>
    /// <param name="heard">Called with all that it tells, a line at a time.</param>
    public static NodeProcess Start(StressNodeOptions options, int life, Action<NodeProcess, NodeEvent> heard)
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var info = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (isHost)
            info.ArgumentList.Add(typeof(NodeProcess).Assembly.Location);
        foreach (string word in StressNodeCommand.Words(options))
            info.ArgumentList.Add(word);
        try
        {
            var process = new NodeProcess(Process.Start(info)!, life, options.Join[0] == options.Port);
            process.Listen(heard);
            return process;
        }
        catch (Win32Exception cannot)
        {
            throw NodeException.Environment($"cannot start '{program}'", "for a node of the cluster", cannot.Message);
        }
    }

    /// <summary>Tells it to do something.</summary>
    public void Tell(string command)
    {
        try
        {
            _process.StandardInput.WriteLine(command);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It is gone.
        }
    }

    /// <summary>Ends its input: it ends by itself.</summary>
    public void Close() => _process.StandardInput.Close();

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        WasKilled = true;
        if (!_process.HasExited)
            _process.Kill();
    }

    /// <summary>SIGSTOP.</summary>
    public void Stop() => Signal(_process.Id, SigStop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Signal(_process.Id, SigCont);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Listen(Action<NodeProcess, NodeEvent> heard)
    {
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null || NodeEvent.Read(line.Data) is not { } happened)
                return;
            Note(happened);
            heard(this, happened);
        };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (Errors)
                if (line.Data is not null && Errors.Count < 50)
                    Errors.Enqueue(line.Data);
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Note(NodeEvent happened)
    {
        switch (happened)
        {
            case NodeStarted started: Address = started.Address; break;
            case NodeCounts counts: Counts = counts; break;
            case NodeVerdict verdict: Verdict = verdict; break;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
