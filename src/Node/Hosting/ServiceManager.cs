using System.Net.Sockets;
using ChimneyActors.Node.Clustering;
using Microsoft.Extensions.Hosting.Systemd;
using Serilog;

namespace ChimneyActors.Node.Hosting;

/// <summary>Tells who started the node when it is ready and when it begins to end: systemd with
/// <c>Type=notify</c>.</summary>
internal static class ServiceManager
{
    /// <summary>Runs with the node; does nothing where nobody asked for it (<c>NOTIFY_SOCKET</c>).</summary>
    /// <param name="cluster">It is ready when it is a member like any other; null: at once.</param>
    /// <param name="signals">It ends with the first one.</param>
    public static async Task FollowAsync(ClusterMember? cluster, ShutdownSignals signals)
    {
        var notifier = new SystemdNotifier();
        if (!notifier.IsEnabled)
            return;
        try
        {
            await Task.WhenAny(cluster?.Up ?? Task.CompletedTask, signals.First).ConfigureAwait(false);
            if (!signals.First.IsCompleted)
                notifier.Notify(ServiceState.Ready);
            await signals.First.ConfigureAwait(false);
            notifier.Notify(ServiceState.Stopping);
        }
        catch (SocketException silent)
        {
            Log.Warning("NOTIFY_SOCKET is set, and nobody is told there: {Reason:l}", silent.Message);
        }
    }
}
