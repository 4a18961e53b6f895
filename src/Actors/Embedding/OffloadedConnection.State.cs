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
            return Asks.Turns.TakeAsync(() => UpdateInTurnAsync(change));
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

    private StateAsks Asks => _asks ??= new StateAsks(_stack);

    private async Task UpdateInTurnAsync(TcpOffloadStateCached change)
    {
        if (IsInvalid)
            throw new StateOperationException(OffloadOperation.Update, NdisStatus.Failure);     // UPD-03
        await AskAsync(OffloadOperation.Update, new OffloadBlock { Update = change }).ConfigureAwait(false);
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
