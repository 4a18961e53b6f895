using System.Net;
using System.Net.Sockets;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Node.Hosting;

/// <summary>The kernel targets under a node, as they are now: an adapter that comes back has a fresh one.</summary>
/// <param name="count">How many adapters.</param>
/// <param name="settings">Of each: when the others are lost, it has all connections.</param>
internal sealed class KernelAdapters(int count, KernelTargetSettings settings)
{
    private readonly KernelTarget?[] _now = new KernelTarget?[count];
    private int _turn;

    /// <summary>The target of an adapter that comes, for the first time or again.</summary>
    public KernelTarget Make(int index)
    {
        var fresh = new KernelTarget(settings);
        Volatile.Write(ref _now[index], fresh);
        return fresh;
    }

    /// <summary>Connects a socket over each in turn; one that goes away meanwhile loses nobody a connection.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="cancellation">Gives the attempt up.</param>
    /// <exception cref="SocketException">The peer cannot be reached, or no adapter is there.</exception>
    public async Task<Socket> ConnectAsync(IPEndPoint remote, CancellationToken cancellation)
    {
        uint turn = (uint)Interlocked.Increment(ref _turn);
        for (uint i = 0; i < _now.Length; i++)
        {
            if (Volatile.Read(ref _now[(turn + i) % (uint)_now.Length]) is not { } target)
                continue;
            try
            {
                return await target.ConnectAsync(remote, cancellation).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // The adapter was pulled out; another one.
            }
        }
        throw new SocketException((int)SocketError.NetworkDown);
    }
}
