using ChimneyActors.Buffers;

namespace ChimneyActors.Embedding;

/// <summary>Where raw segments of one connection reach its host, and what the host does with them: its own TCP
/// processes them while it has the connection, a target gets them forwarded while that has it, and in between they
/// wait.</summary>
/// <remarks>
/// For hosts that see segments; where the host's TCP is the kernel's, nobody does. Thread-safe. Each segment is
/// forwarded or processed once, in the order of arrival (FWD-01, FWD-02, FWD-03). One that comes back because the
/// connection is being uploaded is processed when the host has it (FWD-06); one of a connection that was reset is
/// dropped (FWD-07).
/// </remarks>
/// <param name="process">Gives a segment to the host's own TCP. Called one at a time, not under a lock, from whatever
/// thread brought it about; may not throw.</param>
public sealed class OrdinaryPath(Action<ReadOnlyMemory<byte>> process)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, ReadOnlyMemory<byte>> _waiting = [];
    private readonly SortedSet<long> _away = [];
    private OffloadedConnection? _offloaded;
    private bool _forwards;     // to that connection; not any more once it has left a segment to the host
    private bool _isHome = true;
    private bool _isAtWork;
    private long _arrived;

    /// <summary>Segments that wait for whoever has the connection next.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Segments at the target.</summary>
    public int Forwarded
    {
        get
        {
            lock (_lock)
                return _away.Count;
        }
    }

    /// <summary>A segment has come, from the first byte of its TCP header on. It must not change any more.</summary>
    /// <exception cref="ArgumentException">It is no TCP segment.</exception>
    public void Arrived(ReadOnlyMemory<byte> segment)
    {
        OffloadedConnection.CheckSegment(segment.Span, 0);
        lock (_lock)
            _waiting.Add(_arrived++, segment);
        GoOn();
    }

    /// <summary>Offloads the connection: what comes meanwhile waits, and is forwarded afterwards.</summary>
    /// <exception cref="OffloadException">The target did not take it: what waits is processed here.</exception>
    public async Task<OffloadedConnection> OffloadAsync(
        Binding binding, UploadResult from, IConnectionUser? user = null, int? affinity = null)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Leave();
        try
        {
            OffloadedConnection connection =
                await binding.OffloadAsync(from, user, affinity).ConfigureAwait(false);
            Follow(connection);
            return connection;
        }
        catch (OffloadException)
        {
            Return();
            throw;
        }
    }

    /// <summary>Takes the connection back: what comes meanwhile waits, and is processed afterwards.</summary>
    /// <exception cref="InvalidOperationException">It is not offloaded.</exception>
    public async Task<UploadResult> UploadAsync()
    {
        OffloadedConnection connection =
            _offloaded ?? throw new InvalidOperationException("The connection is not offloaded.");
        Leave();
        UploadResult rest = await connection.UploadAsync().ConfigureAwait(false);
        Return();
        return rest;
    }

    /// <summary>The connection is on its way: nobody gets anything.</summary>
    internal void Leave()
    {
        lock (_lock)
        {
            _isHome = _forwards = false;
            _offloaded = null;
        }
    }

    /// <summary>A target has it.</summary>
    internal void Follow(OffloadedConnection connection)
    {
        lock (_lock)
        {
            _offloaded = connection;
            _forwards = true;
        }
        GoOn();
    }

    /// <summary>The host has it.</summary>
    internal void Return()
    {
        lock (_lock)
            _isHome = true;
        GoOn();
    }

    /// <summary>One thread works, in order; whoever comes meanwhile leaves it what there is.</summary>
    private void GoOn()
    {
        lock (_lock)
        {
            if (_isAtWork)
                return;
            _isAtWork = true;
        }
        try
        {
            while (TryTake(out long number, out ReadOnlyMemory<byte> segment, out OffloadedConnection? to))
                if (to is null)
                    process(segment);
                else
                    _ = ForwardAsync(to, number, segment);
        }
        catch (Exception)
        {
            lock (_lock)
                _isAtWork = false;      // the host's TCP failed over one segment; the next comes all the same
            throw;
        }
    }

    private bool TryTake(out long number, out ReadOnlyMemory<byte> segment, out OffloadedConnection? to)
    {
        lock (_lock)
        {
            to = _forwards ? _offloaded : null;
            (number, segment) = _waiting.Count > 0 ? _waiting.First() : default;
            // What is still on its way home is older, and comes before the rest.
            bool isNext = _forwards || (_isHome && (_away.Count == 0 || number < _away.Min));
            _isAtWork = _waiting.Count > 0 && isNext;
            if (!_isAtWork)
                return false;
            _waiting.Remove(number);
            if (to is not null)
                _away.Add(number);
            return true;
        }
    }

    private async Task ForwardAsync(OffloadedConnection to, long number, ReadOnlyMemory<byte> segment)
    {
        NdisStatus status = await to.ForwardAsync(segment)[0].ConfigureAwait(false);
        lock (_lock)
        {
            _away.Remove(number);
            if (status is not (NdisStatus.Success or NdisStatus.RequestAborted))
            {
                _forwards &= _offloaded != to;
                _waiting.Add(number, segment);
            }
        }
        GoOn();
    }
}
