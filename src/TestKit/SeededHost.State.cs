using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>What a host asks of the state of its connection, and the path that it puts it on.</summary>
internal sealed partial class SeededHost
{
    private int _asking;
    private int _updates;
    private int? _hops;         // as the last update has left it; null while one is under way, or after it failed
    private bool _isInvalid;
    private NetworkPath? _path;
    private long? _beganAt;

    /// <summary>Since when nothing has been done to adapters and bindings, by a count, if what is offloaded goes
    /// anywhere now; else null.</summary>
    public Func<long?> QuietSince { get; init; } = () => null;

    /// <summary>Whether somebody has said that the connection's state, or that of its path, is not true any
    /// more.</summary>
    private bool MayBeInvalid => _isInvalid || (_path is not null && network!.MayBeInvalid) || IsMoved();

    private bool MayBeRefused => (_path is not null && network!.MayBeRefused)
        || (IsMoved() && (_beganAt is null || _beganAt != QuietSince()));

    private void BeginOffload(UploadResult place)
    {
        checker.IsInvalid = () => MayBeInvalid;
        _beganAt = QuietSince();
        _path = network?.DrawPath(random);
        _isInvalid = false;
        _hops = null;
        if (_path is not null)
            trace.Write($"host {peer.Number}: on {network!.NameOf(_path)}");
        (_connection, _initiate) = binding.BeginOffload(
            place, _path, _listens ? this : null, Wanted, ends: WorldPlan.EndsOf(peer.Number));
    }

    private void Ask()
    {
        OffloadedConnection connection = _connection!;
        int kind = random.Below(100);
        if (kind < 50)
            _ = QueryAsync(connection);
        else if (kind < 96 || _isInvalid)
            _ = UpdateAsync(connection, 1 + random.Below(200));
        else
            _ = InvalidateAsync(connection);
    }

    private async Task QueryAsync(OffloadedConnection connection)
    {
        trace.Write($"host {peer.Number}: queries");
        int? hops = _hops;
        TcpOffloadState? state = null;
        await FollowAsync("query", async () => state = await connection.QueryAsync().ConfigureAwait(false))
            .ConfigureAwait(false);
        if (state is null || connection != _connection)
            return;
        // One that was asked before it, or is asked while it is under way, may be in effect or not.
        if (hops is not null && hops == _hops && state.Cached.TimeToLive is { } told && told != hops)
            checker.Break($"a query says {told} hops; the host has set {hops}");
    }

    private async Task UpdateAsync(OffloadedConnection connection, int hops)
    {
        trace.Write($"host {peer.Number}: updates, {hops} hops");
        _hops = null;
        int updates = ++_updates;
        bool done = false;
        await FollowAsync("update", async () =>
        {
            if (_isInvalid)
                return;
            await connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = hops }).ConfigureAwait(false);
            done = true;
        }).ConfigureAwait(false);
        if (done && updates == _updates && connection == _connection)
            _hops = hops;
    }

    private Task InvalidateAsync(OffloadedConnection connection)
    {
        trace.Write($"host {peer.Number}: invalidates");
        _isInvalid = true;
        return FollowAsync("invalidate", connection.InvalidateAsync);
    }

    /// <summary>Each is answered once; that it fails has a cause.</summary>
    private async Task FollowAsync(string what, Func<Task> ask)
    {
        _asking++;
        bool failed = false;
        try
        {
            await ask().ConfigureAwait(false);
        }
        catch (StateOperationException)
        {
            failed = true;
        }
        _asking--;
        trace.Write($"host {peer.Number}: {what} {(failed ? "failed" : "done")}");
        bool hasCause = _terminate is not null || _connection is null || _isInvalid || MayBeInvalid;
        if (failed && !hasCause)
            checker.NoteFailure(what);
    }
}
