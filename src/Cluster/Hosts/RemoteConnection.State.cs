using System.Diagnostics.CodeAnalysis;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>What the host may ask of the state of a connection that it does not have. The adapter answers in
/// order.</summary>
internal sealed partial class RemoteConnection
{
    private void Ask(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        var block = (OffloadBlock)request.Flight.Head;
        var asked = new Asked(new Claim(block, request.Flight.Id, upcalls.Holder), upcalls);
        if (_phase is not (Phase.Open or Phase.Aborting or Phase.Aborted) || _terminate is not null)
        {
            Up.Complete(asked.Claim, upcalls, NdisStatus.Failure, 0);
            return;
        }

        // The host's side cuts what it indicates, whatever the adapter does.
        _receive.IndicationBytes = block.Update?.IndicationBytes ?? _receive.IndicationBytes;
        _asked.Enqueue(asked);
        Say(request switch
        {
            QueryOffload => new Item { Query = new Nothing() },
            UpdateOffload => new Item { Update = StateText.Write(block.Update!) },
            _ => new Item { Invalidate = new Nothing() },
        });
    }

    private void OnQueried(State state)
    {
        if (!TryAnswered(OffloadOperation.Query, out Asked? asked))
            return;
        if (state.Known)
        {
            TcpOffloadState read = StateText.Read(state);
            uint below = read.Delegated.ReceiveBacklogSize;
            ((OffloadBlock)asked.Claim.Parcel).Queried = read with
            {
                Cached = read.Cached with { IndicationBytes = _receive.IndicationBytes },
                Delegated = read.Delegated with
                {
                    SendBacklogSize = _send.Backlog,
                    ReceiveBacklogSize = (uint)_receive.Held
                        + (below == TcpOffloadStateDelegated.Unsupported ? 0 : below),
                },
            };
        }

        Up.Complete(asked.Claim, asked.Upcalls, state.Known ? NdisStatus.Success : NdisStatus.Failure, 0);
    }

    private void OnAnswered(OffloadOperation operation, bool isDone)
    {
        if (TryAnswered(operation, out Asked? asked))
            Up.Complete(asked.Claim, asked.Upcalls, isDone ? NdisStatus.Success : NdisStatus.Failure, 0);
    }

    /// <summary>What is answered; not there if the connection has ended meanwhile.</summary>
    private bool TryAnswered(OffloadOperation operation, [NotNullWhen(true)] out Asked? asked)
    {
        if (!_asked.TryDequeue(out asked))
            return false;
        if (asked.Claim.Parcel.Operation != operation)
            throw new LinkException($"a {operation} answered, a {asked.Claim.Parcel.Operation} asked");
        return true;
    }

    private void EndAsked()
    {
        while (_asked.TryDequeue(out Asked? asked))
            Up.Complete(asked.Claim, asked.Upcalls, NdisStatus.Failure, 0);
    }
}
