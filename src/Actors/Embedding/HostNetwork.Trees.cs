using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Embedding;

/// <summary>The trees that a host sends down; each in a turn of its own.</summary>
internal sealed partial class HostNetwork
{
    /// <summary>Every connection that waits, whatever path it is on; in a tree for each neighbor, as neighbors may be
    /// on different adapters below a mux.</summary>
    private async Task OffloadWaitingAsync()
    {
        Waiting[] all;
        List<Tree> trees = [];
        bool isMore;
        lock (_lock)
        {
            all = [.. _waiting.Take(TogetherMax)];
            _waiting.RemoveRange(0, all.Length);
            isMore = _waiting.Count > 0;
            GiveUpGone();
            foreach (IGrouping<Neighbor, Waiting> group in all.GroupBy(one => one.Path.Neighbor))
                trees.Add(TreeOf(group.Key, [.. group]));
        }
        if (isMore)
            _ = Safely(() => _turns.TakeAsync(OffloadWaitingAsync));
        await Task.WhenAll(trees.Select(OffloadAsync)).ConfigureAwait(false);
        Retire();       // what was kept for these
    }

    /// <summary>A driver that refuses one connection of a tree refuses the tree, and one may have no room for so many
    /// blocks at once: the others are none the worse for it.</summary>
    private async Task OffloadAsync(Tree tree)
    {
        await PostInitiateAsync(tree).ConfigureAwait(false);
        bool isWhole = tree.Root.Refusal is null
            && !Array.TrueForAll(tree.Waiting, one => one.Block.Status == NdisStatus.Resources);
        if (isWhole || tree.Waiting.Length == 1)
        {
            foreach (Waiting one in tree.Waiting)
                one.Done.TrySetResult(new OffloadOutcome(StatusOf(tree.Root, one), tree.Root.Refusal));
            return;
        }
        foreach (Waiting one in tree.Waiting)
        {
            Tree alone;
            one.Block.NextBlock = null;
            lock (_lock)
                alone = TreeOf(one.Path.Neighbor, [one]);
            await OffloadAsync(alone).ConfigureAwait(false);
        }
    }

    /// <summary>Of a connection that was not even tried: what went wrong before it. A placeholder at the root of a tree
    /// that a driver refused does not say with what (BLK-08).</summary>
    private static NdisStatus StatusOf(OffloadBlock neighbor, Waiting one) =>
        one.Block.Status != NdisStatus.Failure ? one.Block.Status
        : IsReason(one.Above!.Status) ? one.Above.Status
        : IsReason(neighbor.Status) ? neighbor.Status
        : neighbor.Refusal is not null ? NdisStatus.OffloadConnectionRejected
        : one.Block.Status;

    private static bool IsReason(NdisStatus status) =>
        status is not (NdisStatus.Success or NdisStatus.OffloadPartialSuccess or NdisStatus.Failure);

    /// <summary>What is on an adapter that was pulled out is nothing to link to, though its target has not let go of it
    /// yet, which may take long: who comes now has it offloaded anew.</summary>
    private void GiveUpGone()
    {
        foreach (OffloadedObject one in _living)
            if (one.IsGone)
                Break(one);
    }

    private Tree TreeOf(Neighbor neighbor, Waiting[] waiting)
    {
        var made = new Dictionary<OffloadBlock, object>();
        IGrouping<NetworkPath, Waiting>[] paths = [.. waiting.GroupBy(one => one.Path)];
        bool linksPaths = paths.Any(path => path.Key.Current is null);
        OffloadedObject? fresh = neighbor.Current is null ? new OffloadedObject(this, neighbor) : null;
        OffloadBlock? below = Chain(paths.Select(path => BlockOf(path.Key, path, neighbor.Current ?? fresh, made)));
        return new Tree(BlockOf(neighbor, fresh, linksPaths, below, made), made, waiting);
    }

    private OffloadBlock BlockOf(
        NetworkPath path, IEnumerable<Waiting> waiting, OffloadedObject? neighbor,
        Dictionary<OffloadBlock, object> made)
    {
        OffloadedObject? fresh = path.Current is null ? new OffloadedObject(this, path) { Parent = neighbor } : null;
        OffloadBlock block = BlockOf(path, fresh, true, Chain(waiting.Select(one => one.Block)), made);
        foreach (Waiting one in waiting)
        {
            made[one.Block] = one.Connection.Core;
            one.Above = block;
        }
        return block;
    }

    /// <summary>What is not offloaded comes with its state; what is is linked to, or only holds together what is
    /// below, if nothing new is linked to it itself (BLK-08, BLK-09).</summary>
    private static OffloadBlock BlockOf(
        IHostObject owner, OffloadedObject? fresh, bool isLinked, OffloadBlock? below,
        Dictionary<OffloadBlock, object> made)
    {
        if (fresh is not null)
        {
            OffloadBlock block = owner.Describe(below);
            made[block] = fresh;
            return block;
        }
        if (owner.Current is { } current && isLinked)
            return current.Refer(BlockRole.Linker, below);
        return new OffloadBlock { Layer = owner.Layer, Role = BlockRole.Placeholder, DependentBlockList = below };
    }

    /// <summary>A neighbor alone, if it is not offloaded.</summary>
    private async Task<OffloadedObject> OffloadAsync(Neighbor neighbor)
    {
        if (neighbor.Current is { } there)
            return there;
        OffloadBlock block = ((IHostObject)neighbor).Describe(null);
        var made = new Dictionary<OffloadBlock, object> { [block] = new OffloadedObject(this, neighbor) };
        await PostInitiateAsync(new Tree(block, made, [])).ConfigureAwait(false);
        return neighbor.Current ?? throw new OffloadException(
            BlockTree.IsOffloaded(block.Status) ? NdisStatus.Failure : block.Status);     // or lost meanwhile
    }

    private async Task PostInitiateAsync(Tree tree)
    {
        var post = new TreePost(stack, binding, OffloadOperation.Initiate, tree.Root);
        foreach ((OffloadBlock block, object owner) in tree.Made)
            post.Owners[block] = owner;
        await post.Post().ConfigureAwait(false);
        lock (_lock)
            foreach ((OffloadBlock block, object owner) in tree.Made)
                if (owner is OffloadedObject fresh && BlockTree.IsOffloaded(block.Status))
                {
                    _living.Add(fresh);
                    if (!fresh.IsBroken)
                        fresh.Owner.Current = fresh;
                }
        foreach (object owner in tree.Made.Values)
            RetireIfIdle(owner as OffloadedObject);
    }

    private async Task MoveAsync(OffloadedObject[] moving, OffloadedObject to)
    {
        OffloadBlock[] blocks = [.. moving.Select(one => one.Refer(BlockRole.Subject))];
        OffloadBlock root = to.Refer(BlockRole.Subject, Chain(blocks));
        OffloadedObject[] from = [.. moving.Select(one => one.Parent!).Distinct()];
        await new TreePost(stack, binding, OffloadOperation.Update, root).Post().ConfigureAwait(false);
        lock (_lock)
            for (int i = 0; i < moving.Length; i++)
                if (blocks[i].Status == NdisStatus.Success)
                    moving[i].Parent = to;
        foreach (OffloadedObject neighbor in from.Append(to))
            RetireIfIdle(neighbor);
        await CheckAsync(OffloadOperation.Update, moving, blocks).ConfigureAwait(false);
    }

    /// <summary>One block for each object, side by side.</summary>
    private async Task AskAsync(OffloadOperation operation, OffloadedObject[] objects, OffloadBlock[] blocks)
    {
        if (Chain(blocks) is not { } root)
            return;
        await new TreePost(stack, binding, operation, root).Post().ConfigureAwait(false);
        await CheckAsync(operation, objects, blocks).ConfigureAwait(false);
    }

    /// <summary>What the target cannot say or does not take is terminated (QRY-05, UPD-04): to that end it is
    /// invalidated, so that the connections over it are asked back.</summary>
    private async Task CheckAsync(OffloadOperation operation, OffloadedObject[] objects, OffloadBlock[] blocks)
    {
        OffloadedObject[] failed = [.. objects.Where((_, i) => blocks[i].Status != NdisStatus.Success)];
        if (failed.Length == 0)
            return;
        await InvalidateAsync(failed).ConfigureAwait(false);
        throw new StateOperationException(operation, NdisStatus.Failure);
    }

    private async Task InvalidateAsync(OffloadedObject[] objects)
    {
        lock (_lock)
            foreach (OffloadedObject one in _living)
                if (objects.Contains(one) || objects.Contains(one.Parent))
                    Break(one);
        if (Chain(objects.Select(one => one.Refer(BlockRole.Subject))) is { } root)
            await new TreePost(stack, binding, OffloadOperation.Invalidate, root).Post().ConfigureAwait(false);
    }

    /// <summary>After the last of its connections a path goes, and after the last of its paths a neighbor
    /// (TERM-22).</summary>
    private void RetireIfIdle(OffloadedObject? one)
    {
        if (one is null || stack.Links.CountOf(one.Handle) > 0)
            return;
        lock (_lock)
            if (_living.Contains(one))
                _mayGo.Add(one);
        Retire();
    }

    private void Retire()
    {
        lock (_lock)
        {
            if (_isRetiring || _mayGo.Count == 0)
                return;
            _isRetiring = true;
        }
        _ = Safely(() => _turns.TakeAsync(RetireAsync));
    }

    private async Task RetireAsync()
    {
        var leaving = new HashSet<OffloadedObject>();
        OffloadBlock? root;
        bool isMore;
        lock (_lock)
        {
            _isRetiring = false;
            OffloadedObject[] some = [.. _mayGo.Take(TogetherMax)];
            isMore = _mayGo.Count > some.Length;
            HashSet<object> awaited =
                [.. _waiting.Select(one => one.Path), .. _waiting.Select(one => one.Path.Neighbor)];
            ILookup<OffloadedObject, OffloadedObject> paths = some
                .Where(one => one.Parent is not null && IsIdle(one, 0, awaited))
                .ToLookup(one => one.Parent!);
            IEnumerable<OffloadedObject> neighbors = some.Where(one => one.Parent is null)
                .Union(paths.Select(group => group.Key));
            root = Chain(neighbors.Select(one => TakeBack(one, [.. paths[one]], awaited, leaving))
                .OfType<OffloadBlock>());
            _mayGo.ExceptWith(some.Where(one => leaving.Contains(one) || !awaited.Contains(one.Owner)));
        }
        if (root is not null)
            await TerminateAsync(root, leaving).ConfigureAwait(false);
        if (isMore)
            Retire();
    }

    private async Task TerminateAsync(OffloadBlock root, HashSet<OffloadedObject> leaving)
    {
        await new TreePost(stack, binding, OffloadOperation.Terminate, root).Post().ConfigureAwait(false);
        lock (_lock)
            foreach (OffloadedObject one in leaving)
            {
                Break(one);
                _mayGo.Remove(one);
                if (one.Entry is not { Ended: false })      // one that nobody ended is tried again with its dependents
                    _living.Remove(one);
            }
    }

    private OffloadBlock? TakeBack(
        OffloadedObject neighbor, OffloadedObject[] paths, HashSet<object> awaited, HashSet<OffloadedObject> leaving)
    {
        bool leaves = IsIdle(neighbor, paths.Length, awaited);
        if (paths.Length == 0 && !leaves)
            return null;
        leaving.UnionWith(paths);
        if (leaves)
            leaving.Add(neighbor);
        OffloadBlock? below = Chain(paths.Select(path => path.Refer(BlockRole.Subject)));
        return leaves
            ? neighbor.Refer(BlockRole.Subject, below)
            : new OffloadBlock
            {
                Layer = OffloadLayer.Neighbor,
                Role = BlockRole.Placeholder,
                DependentBlockList = below,
            };
    }

    /// <summary>Whether it is offloaded, nothing depends on it but so many that leave with it, and nobody waits for
    /// it.</summary>
    private bool IsIdle(OffloadedObject one, int leaving, HashSet<object> awaited) => _living.Contains(one)
        && stack.Links.CountOf(one.Handle) == leaving
        && (one.Owner.Current != one || !awaited.Contains(one.Owner));

    private static OffloadBlock? Chain(IEnumerable<OffloadBlock> blocks)
    {
        OffloadBlock? first = null;
        OffloadBlock? last = null;
        foreach (OffloadBlock block in blocks)
        {
            first ??= block;
            if (last is not null)
                last.NextBlock = block;
            last = block;
        }
        return first;
    }

    /// <summary>A tree for an initiate, and what is new in it.</summary>
    private sealed record Tree(OffloadBlock Root, Dictionary<OffloadBlock, object> Made, Waiting[] Waiting);
}
