using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What the host may ask of the state of a connection that it does not have.</summary>
internal sealed partial class SimulatedConnection
{
    private void OnState(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        var block = (OffloadBlock)request.Flight.Head;
        var claim = new Claim(block, request.Flight.Id, upcalls.Holder);
        bool isThere = _phase is Phase.Open or Phase.Aborted && claim.IsOpen;
        if (isThere)
            Do(request, block);
        Answer(claim, isThere ? NdisStatus.Success : NdisStatus.Failure, upcalls);
        if (isThere && request is InvalidateOffload && _phase == Phase.Open)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.InvalidState);     // INV-03
    }

    private void Do(OffloadRequest request, OffloadBlock block)
    {
        switch (request)
        {
            case QueryOffload:
                TcpOffloadState state = Line.Query();
                block.Queried = state with
                {
                    Cached = state.Cached with { IndicationBytes = _receive.IndicationBytes },
                    Delegated = state.Delegated with
                    {
                        SendBacklogSize = _send.Backlog,
                        ReceiveBacklogSize = state.Delegated.ReceiveBacklogSize + (uint)_receive.Held,
                    },
                };
                break;
            case UpdateOffload:     // also of one that is aborted: what is queried later is what was set last
                Line.Update(block.Update!);
                _receive.IndicationBytes = block.Update!.IndicationBytes ?? _receive.IndicationBytes;
                break;
            case InvalidateOffload when _phase == Phase.Open:
                Line.Invalidate();
                break;
        }
    }
}
