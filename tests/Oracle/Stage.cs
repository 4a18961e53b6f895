using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Kernel;
using ChimneyActors.Simulation;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Oracle;

/// <summary>Where a scenario is played: a bench, and what being quiet means on it.</summary>
internal abstract class Stage(string name, TargetBench bench) : IAsyncDisposable
{
    internal string Name => name;

    internal TargetBench Bench => bench;

    /// <summary>Waits until what the peer has sent is at our end.</summary>
    internal virtual Task ArrivedAsync(Socket socket, long bytes, bool fin, bool reset) => Task.CompletedTask;

    /// <summary>Waits until nothing goes on.</summary>
    /// <param name="line">The connection.</param>
    /// <param name="isThere">Whether what must happen has happened; asked again whenever something is heard.</param>
    internal abstract Task QuietAsync(Line line, Func<bool> isThere);

    public ValueTask DisposeAsync() => bench.DisposeAsync();
}

/// <summary>In virtual time: quiet is when time has passed and nothing more came of it.</summary>
internal sealed class SimulatedStage(string name, SimulatedBench bench) : Stage(name, bench)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    internal SimulatedStage()
        : this("simulated", new SimulatedBench())
    {
    }

    internal override Task QuietAsync(Line line, Func<bool> isThere)
    {
        bench.Network.Advance(bench.Network.Now + Pause);
        return Task.CompletedTask;
    }
}

/// <summary>On a clock that others run: quiet is when what the first run has heard was heard here too, and the target
/// has looked around a few times since without saying more.</summary>
internal sealed class KernelStage() : Stage("kernel", new KernelBench(new KernelTargetSettings { LoopsMax = 1 }))
{
    private const int LevelTcp = 6;
    private const int OptionTcpInfo = 11;
    private const int BytesReceived = 128;      // tcpi_bytes_received, which counts a FIN as a byte

    internal override async Task ArrivedAsync(Socket socket, long bytes, bool fin, bool reset)
    {
        using var patience = new CancellationTokenSource(Limits.Patience);
        byte[] info = new byte[BytesReceived + sizeof(long)];
        while (true)
        {
            socket.GetRawSocketOption(LevelTcp, OptionTcpInfo, info);
            bool closed = info[0] == (byte)KernelTcpState.Closed;
            if (closed || (!reset && BitConverter.ToInt64(info, BytesReceived) >= bytes + (fin ? 1 : 0)))
                return;
            patience.Token.ThrowIfCancellationRequested();
            await Bench.SettledAsync(new OffloadHandle(1, 1));
        }
    }

    internal override async Task QuietAsync(Line line, Func<bool> isThere)
    {
        await Bench.Host.Hear<Heard>(_ => isThere());
        await line.SettledAsync();
    }
}
