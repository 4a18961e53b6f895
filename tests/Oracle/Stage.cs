using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Kernel;
using ChimneyActors.Ndis;
using ChimneyActors.Simulation;
using ChimneyActors.Targets.Kernel;
using ChimneyActors.Targets.Simulated;

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

/// <summary>In virtual time, on a wire that delays, doubles and reorders, and loses too if it may.</summary>
internal sealed class BadWireStage(SimulatedBench bench) : Stage("on a bad wire", bench)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private const int PausesMax = 100;

    /// <param name="seed">What the wire does follows from it.</param>
    /// <param name="loses">Whether it loses segments. A lost RST is never said again, and that is no fault.</param>
    internal BadWireStage(int seed, bool loses)
        : this(new SimulatedBench(seed: seed, faults: new WireFaults
        {
            Jitter = TimeSpan.FromMilliseconds(5),
            Duplication = 0.1,
            Reordering = 0.1,
            Loss = loses ? 0.05 : 0,
        }))
    {
    }

    internal override Task ArrivedAsync(Socket socket, long bytes, bool fin, bool reset)
    {
        SimulatedPeer peer = bench.Network.Lines[0].Peer;
        if (!reset)
            bench.Until(() => peer.State == TcpConnectionState.Closed
                || (peer.Acknowledged >= bytes && (!fin || !AwaitsFin(peer.State))));
        return Task.CompletedTask;
    }

    internal override Task QuietAsync(Line line, Func<bool> isThere)
    {
        for (int pause = 0; pause < PausesMax && !isThere(); pause++)
            bench.Network.Advance(bench.Network.Now + Pause);
        bench.Network.Advance(bench.Network.Now + Pause);
        return Task.CompletedTask;
    }

    private static bool AwaitsFin(TcpConnectionState state) =>
        state is TcpConnectionState.FinWait1 or TcpConnectionState.Closing or TcpConnectionState.LastAck;
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
