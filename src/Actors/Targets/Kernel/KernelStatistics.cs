using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>The counters of a kernel target: each loop counts its own, and is asked for them on its own
/// thread.</summary>
internal sealed class KernelStatistics
{
    /// <summary>IPv4 and IPv6 are counted apart (CNT-01).</summary>
    internal const int Families = 2;

    private readonly Lock _gate = new();
    private readonly CountHandler[] _loops;
    private int _open;
    private Action? _whenIdle;
    private readonly KernelCounts[] _zero = new KernelCounts[Families];     // as they were at the last reset
    private readonly KernelCounts[] _last = new KernelCounts[Families];
    private readonly KernelCounts[] _wrapped = new KernelCounts[Families];

    internal KernelStatistics(EpollLoop[] loops, ConnectionTable table) =>
        _loops = [.. loops.Select(loop => new CountHandler(table) { Loop = loop })];

    /// <summary>What a loop counts of a family; on its thread.</summary>
    internal ref KernelCounts Of(int loop, bool isIPv6) => ref _loops[loop].Counts[isIPv6 ? 1 : 0];

    /// <summary>Asks every loop, and completes the request when the last one has answered.</summary>
    /// <returns>FAILURE if a loop has ended.</returns>
    internal NdisStatus Begin(OidBlock request, bool isIPv6, IAdapterUpcalls upcalls)
    {
        lock (_gate)
            _open++;
        var query = new Query(this, request, isIPv6 ? 1 : 0, _loops.Length, upcalls);
        foreach (CountHandler loop in _loops)
            if (!loop.Loop.Post(loop, query))
            {
                query.Abandon();
                Close();
                return NdisStatus.Failure;
            }
        return NdisStatus.Pending;
    }

    /// <summary>Whether no request is open; else it is told when the last one is done.</summary>
    internal bool IsIdle(Action then)
    {
        lock (_gate)
        {
            _whenIdle = _open == 0 ? null : then;
            return _open == 0;
        }
    }

    private void Close()
    {
        Action? then = null;
        lock (_gate)
            if (--_open == 0)
                (then, _whenIdle) = (_whenIdle, null);
        then?.Invoke();
    }

    private void Finish(Query query, KernelCounts sum)
    {
        lock (_gate)
        {
            sum.Unwrap(_last[query.Family], ref _wrapped[query.Family]);
            _last[query.Family] = sum;
        }
        if (query.Request.Method == OidMethod.Query)
            query.Request.Answer(sum.Since(_zero[query.Family]));
        else
            _zero[query.Family] = sum;      // CNT-02
        query.Upcalls.OidComplete(query.Request, NdisStatus.Success);
        Close();
    }

    /// <summary>One request on its way through the loops.</summary>
    private sealed class Query(
        KernelStatistics statistics, OidBlock request, int family, int loops, IAdapterUpcalls upcalls)
    {
        private readonly Lock _lock = new();
        private KernelCounts _sum;
        private int _left = loops;

        internal OidBlock Request => request;

        internal int Family => family;

        internal IAdapterUpcalls Upcalls => upcalls;

        internal void Add(in KernelCounts counts)
        {
            lock (_lock)
            {
                _sum.Add(counts);
                if (--_left > 0)
                    return;
            }

            statistics.Finish(this, _sum);
        }

        /// <summary>Not every loop will answer, so nobody completes it later.</summary>
        internal void Abandon()
        {
            lock (_lock)
                _left = int.MaxValue;
        }
    }

    private sealed class CountHandler(ConnectionTable table) : LoopHandler
    {
        internal KernelCounts[] Counts { get; } = new KernelCounts[Families];

        internal override void OnPosted(object message, object? sender)
        {
            var query = (Query)message;
            KernelCounts now = Counts[query.Family];
            foreach (KernelConnection connection in table.All())
                if (connection.Loop == Loop)
                    connection.Count(query.Family == 1, ref now);
            query.Add(now);
        }

        internal override void OnReady(Readiness ready)
        {
        }

        internal override AckWait OnAckDue() => AckWait.Over;

        internal override void OnAgain()
        {
        }

        internal override void OnFault(Exception fault)
        {
        }
    }
}
