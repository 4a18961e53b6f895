using System.Net;
using System.Net.Sockets;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>One connection that is opened through some adapter, used, closed, and opened again, until it is told to
/// finish.</summary>
internal sealed class ClusterClient(
    NodeTally tally, StressNodeOptions options, ClusterTarget target, Binding binding, int connection)
{
    private const int Addresses = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private ClusterSession? _session;

    /// <summary>What has no answer now.</summary>
    public IEnumerable<string> Unanswered() => _session?.Unanswered() ?? [];

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(CancellationToken finishing)
    {
        for (int session = 0; !finishing.IsCancellationRequested; session++)
        {
            try
            {
                // One of many loopback addresses, so that local ports do not run out.
                var address = new IPAddress([127, 0, 0, (byte)(1 + ((connection + session) % Addresses))]);
                Socket socket = await target.ConnectAsync(
                    new IPEndPoint(address, options.PeerPort), $"{connection}", finishing).ConfigureAwait(false);
                using (socket)
                    await ServeAsync(socket, session, finishing).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is SocketException or OffloadException or OperationCanceledException)
            {
                // No adapter in this moment, or it was lost before the connection was offloaded: nothing was asked yet.
                await Task.Delay(Pause, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket, int session, CancellationToken finishing)
    {
        using var one = new ClusterSession(
            tally, options, connection, session, target.NodeOf(socket) ?? "an adapter that is lost");
        _session = one;
        await one.RunAsync(socket, binding, finishing).ConfigureAwait(false);
        _session = null;
    }
}
