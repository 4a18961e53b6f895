using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Embedding;

/// <summary>What is asked of the state of a connection.</summary>
public sealed partial class OffloadedConnection
{
    private StateAsks? _asks;       // made when first needed: most connections are never asked

    /// <summary>The state of the connection as the target has it now. Not while it is being taken back.</summary>
    /// <exception cref="StateOperationException">The target cannot say; take the connection back (QRY-05).</exception>
    public async Task<TcpOffloadState> QueryAsync()
    {
        OffloadBlock block = await AskAsync(OffloadOperation.Query, new OffloadBlock()).ConfigureAwait(false);
        return block.Queried!;
    }

    /// <summary>Changes values of the host at the target; in effect when it ends. One after the other
    /// (UPD-03).</summary>
    /// <param name="change">What is null stays as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside of its range.</exception>
    /// <exception cref="StateOperationException">The target does not take it, and goes on as before (UPD-04). What can
    /// be taken of it may be in effect.</exception>
    public Task UpdateAsync(TcpOffloadStateCached change)
    {
        ArgumentNullException.ThrowIfNull(change);
        change.Check();
        lock (Core.PostLock)
        {
            if (Asks.IsInvalid)
                throw new InvalidOperationException("Nothing is updated after an invalidate (UPD-03).");
            (Task? before, TaskCompletionSource turn) = Asks.TakeTurn();
            return UpdateAfterAsync(before, change, turn);
        }
    }

    /// <summary>Says that the state at the target is no longer true, for instance because the route has changed:
    /// nothing new is sent, and the target asks for <see cref="UploadAsync"/>.</summary>
    /// <exception cref="StateOperationException">The target hangs.</exception>
    public Task InvalidateAsync()
    {
        lock (Core.PostLock)
            Asks.IsInvalid = true;
        return AskAsync(OffloadOperation.Invalidate, new OffloadBlock());
    }

    private StateAsks Asks => _asks ??= new StateAsks(_stack.TaskOptions);

    /// <summary>Who comes next waits for a turn and not for the task that the caller has: of two who wait for one task
    /// only the last goes on where it ends, and in a seeded world nobody may go on elsewhere.</summary>
    private async Task UpdateAfterAsync(Task? before, TcpOffloadStateCached change, TaskCompletionSource turn)
    {
        try
        {
            if (before is not null)
                await before.ConfigureAwait(false);
            if (IsInvalid)
                throw new StateOperationException(OffloadOperation.Update, NdisStatus.Failure);     // UPD-03
            await AskAsync(OffloadOperation.Update, new OffloadBlock { Update = change }).ConfigureAwait(false);
        }
        finally
        {
            turn.SetResult();
        }
    }

    private bool IsInvalid
    {
        get
        {
            lock (Core.PostLock)
                return _asks is { IsInvalid: true };
        }
    }

    private async Task<OffloadBlock> AskAsync(OffloadOperation operation, OffloadBlock block)
    {
        var post = new StatePost(Core, operation, block);
        lock (Core.PostLock)
            if (!Asks.TryBegin())
                throw new StateOperationException(operation, NdisStatus.Failure);   // behind the terminate (TERM-04)
        Tell(post);
        await post.Done.ConfigureAwait(false);
        lock (Core.PostLock)
            Asks.End();
        return block.Status == NdisStatus.Success ? block : throw new StateOperationException(operation, block.Status);
    }
}
