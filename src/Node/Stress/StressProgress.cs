using System.Diagnostics;
using System.Globalization;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Stress;

/// <summary>One line that is written anew each second; on a terminal over itself, else seldom.</summary>
internal sealed class StressProgress : IDisposable
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(10);
    private readonly StressOptions _options;
    private readonly StressCounts _counts;
    private readonly StressStack _stack;
    private readonly Stopwatch _watch;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private long _lastCompleted;
    private TimeSpan _lastTime;
    private bool _stopped;

    public StressProgress(StressOptions options, StressCounts counts, StressStack stack, Stopwatch watch)
    {
        _options = options;
        _counts = counts;
        _stack = stack;
        _watch = watch;
        TimeSpan pace = Console.IsErrorRedirected ? Seldom : Often;
        _timer = new Timer(_ => Write(), null, pace, pace);
    }

    /// <summary>Writes no more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (!_stopped && !Console.IsErrorRedirected)
                Console.Error.Write("\r\e[K");
            _stopped = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _timer.Dispose();
    }

    private void Write()
    {
        lock (_lock)
        {
            if (_stopped)
                return;
            TimeSpan now = _watch.Elapsed;
            long completed = _counts.Completed;
            double rate = (completed - _lastCompleted) / Math.Max(0.001, (now - _lastTime).TotalSeconds);
            _lastCompleted = completed;
            _lastTime = now;
            LedgerSnapshot ledger = _stack.Chimney.Ledger;
            string of = _options.Requests > 0 ? $" of {_options.Requests}" : "";
            string line = string.Create(CultureInfo.InvariantCulture,
                $"{now.TotalSeconds,5:0} s  {completed}{of} completed, {rate:0}/s, {_counts.Sessions} sessions, "
                + $"{_stack.Faults.Injected} faults, {_stack.Crashes.Count} crashes, "
                + $"{ledger.Violations + _counts.BrokenCount} broken");
            if (Console.IsErrorRedirected)
                Console.Error.WriteLine(line);
            else
                Console.Error.Write("\r\e[K" + line);
        }
    }
}
