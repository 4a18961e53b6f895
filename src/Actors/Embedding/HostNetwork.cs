using System.Runtime.CompilerServices;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>The neighbors and paths of one binding: which are offloaded, and what is asked of them.</summary>
/// <remarks>One tree is under way at a time: so nothing is asked of an object that is still being offloaded or taken
/// back (INIT-16), and updates do not overlap (UPD-03). What comes meanwhile goes together in the next one.</remarks>
internal sealed partial class HostNetwork(DriverStack stack, Edge binding)
{
    private readonly Lock _lock = new();
    private readonly ConditionalWeakTable<NetworkPath, HostNetwork> _paths = [];
    private readonly HashSet<OffloadedObject> _living = [];
    private readonly HashSet<OffloadedObject> _mayGo = [];
    private readonly List<Waiting> _waiting = [];
    private readonly Turns _turns = new(stack);
    private bool _isRetiring;

    /// <summary>So many connections go down in one tree, and so many objects are moved or taken back in one: of three
    /// layers it stays below <see cref="BlockTree.BlocksMax"/>.</summary>
    public int TogetherMax { get; set; } = 1024;

    /// <summary>The time of the stack.</summary>
    public TimeProvider Clock => stack.Clock;

    /// <summary>Its settings.</summary>
    public StackSettings Settings => stack.Settings;

    /// <summary>How many neighbors and paths are offloaded, with those that only wait for their terminate.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _living.Count;
        }
    }

    /// <summary>A path of the host.</summary>
    public NetworkPath Add(Neighbor neighbor, PathOffloadState state)
    {
        var path = new NetworkPath(this, neighbor, state);
        lock (_lock)
            _paths.Add(path, this);
        return path;
    }

    /// <summary>The paths over a neighbor.</summary>
    public NetworkPath[] PathsOf(Neighbor neighbor)
    {
        lock (_lock)
            return [.. _paths.Select(entry => entry.Key).Where(path => path.Neighbor == neighbor)];
    }

    /// <summary>Offloads a connection on a path, and the path with its neighbor if they are not.</summary>
    /// <returns>What it comes to.</returns>
    public Task<OffloadOutcome> OffloadAsync(NetworkPath path, OffloadBlock block, OffloadedConnection connection)
    {
        var waiting = new Waiting(path, block, connection, stack.TaskOptions);
        bool isFirst;
        lock (_lock)
        {
            isFirst = _waiting.Count == 0;
            _waiting.Add(waiting);
        }
        if (isFirst)
            _ = Safely(() => _turns.TakeAsync(OffloadWaitingAsync));
        return waiting.Done.Task;
    }

    /// <summary>Changes the host's part of the state of what is offloaded of it.</summary>
    public Task UpdateAsync(IHostObject owner, Action<OffloadBlock> change) => _turns.TakeAsync(async () =>
    {
        OffloadedObject[] objects = Living(owner);
        OffloadBlock[] blocks = [.. objects.Select(one => one.Refer(BlockRole.Subject))];
        foreach (OffloadBlock block in blocks)
            change(block);
        await AskAsync(OffloadOperation.Update, objects, blocks).ConfigureAwait(false);
    });

    /// <summary>Asks for the state of what is offloaded of it.</summary>
    public async Task<OffloadBlock> QueryAsync(IHostObject owner)
    {
        OffloadBlock? asked = null;
        await _turns.TakeAsync(async () =>
        {
            if (owner.Current is not { } current)
                throw new InvalidOperationException($"The {owner.Layer} is not offloaded.");
            asked = current.Refer(BlockRole.Subject);
            await AskAsync(OffloadOperation.Query, [current], [asked]).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return asked!;
    }

    /// <summary>Says that what is offloaded of it is no longer true.</summary>
    public Task InvalidateAsync(IHostObject owner) => _turns.TakeAsync(() => InvalidateAsync(Living(owner)));

    /// <summary>Moves paths to another neighbor (UPD-02, UPD-12).</summary>
    public Task MoveAsync(NetworkPath[] paths, Neighbor to)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (to.Network != this)
            throw new ArgumentException("A neighbor of another binding.", nameof(to));
        return _turns.TakeAsync(async () =>
        {
            lock (_lock)
                GiveUpGone();
            OffloadedObject[] moving = [.. paths.SelectMany(Living).Where(one => one.Parent != to.Current)];
            OffloadedObject? there = moving.Length > 0 ? await OffloadAsync(to).ConfigureAwait(false) : null;
            Name(paths, to);
            foreach (OffloadedObject[] some in moving.Chunk(TogetherMax))
                await MoveAsync(some, there!).ConfigureAwait(false);
        });
    }

    /// <summary>What the target had of it is lost: it only waits for its terminate.</summary>
    public void Lost(OffloadedObject lost)
    {
        lock (_lock)
        {
            Break(lost);        // it may be lost before the tree is home that brought it
            foreach (OffloadedObject one in _living)
                if (one.Parent == lost)
                    Break(one);
        }
        RetireIfIdle(lost);
    }

    /// <summary>Something that depended on it is the host's again.</summary>
    public void DependentLeft(OffloadedObject left) => RetireIfIdle(left);

    /// <summary>Does something after a while of the stack's time.</summary>
    public void After(TimeSpan delay, Func<Task> what)
    {
        ITimer? timer = null;
        timer = Clock.CreateTimer(_ =>
        {
            timer?.Dispose();
            _ = Safely(what);
        }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    private OffloadedObject[] Living(IHostObject owner)
    {
        lock (_lock)
            return [.. _living.Where(one => one.Owner == owner && !one.IsBroken)];
    }

    private void Name(NetworkPath[] paths, Neighbor neighbor)
    {
        lock (_lock)
            foreach (NetworkPath path in paths)
                path.Neighbor = neighbor;
    }

    private static void Break(OffloadedObject one)
    {
        one.IsBroken = true;
        if (one.Owner.Current == one)
            one.Owner.Current = null;
    }

    /// <summary>For what nobody waits for.</summary>
    private async Task Safely(Func<Task> what)
    {
        try
        {
            await what().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            stack.OnUserError?.Invoke(exception);
        }
    }

    private sealed class Waiting(
        NetworkPath path, OffloadBlock block, OffloadedConnection connection, TaskCreationOptions options)
    {
        public NetworkPath Path => path;

        public OffloadBlock Block => block;

        public OffloadedConnection Connection => connection;

        /// <summary>The block of its path.</summary>
        public OffloadBlock? Above { get; set; }

        public TaskCompletionSource<OffloadOutcome> Done { get; } = new(options);
    }
}
