using System.Diagnostics;
using System.Globalization;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>A line now and then while the storm lasts.</summary>
internal sealed class ClusterStressProgress : IDisposable
{
    private readonly Timer _timer;

    public ClusterStressProgress(
        ClusterStressOptions options, ClusterNodeState[] nodes, SessionJudge judge, NodeTroubles troubles,
        Stopwatch watch)
    {
        TimeSpan pace = TimeSpan.FromSeconds(Console.IsErrorRedirected ? 10 : 1);
        _timer = new Timer(_ => Write(options, nodes, judge, troubles, watch), null, pace, pace);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static void Write(
        ClusterStressOptions options, ClusterNodeState[] nodes, SessionJudge judge, NodeTroubles troubles,
        Stopwatch watch)
    {
        int well = nodes.Count(node => node.IsWell(options.Nodes));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{watch.Elapsed.TotalSeconds,5:0} s  {well} of {nodes.Length} nodes well, "
            + $"{nodes.Sum(node => node.Sum(one => one.Completed))} completed, "
            + $"{nodes.Sum(node => node.Sum(one => one.Sessions))} sessions, "
            + $"{nodes.Sum(node => node.Sum(one => one.Aborted))} aborted, {troubles.Kills.Count} killed, "
            + $"{nodes.Sum(node => node.Stopped)} stopped, {nodes.Sum(node => node.Cut)} cut, "
            + $"{judge.Broken.Count} broken"));
    }
}
