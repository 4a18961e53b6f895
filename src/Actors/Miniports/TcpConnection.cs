using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Miniports;

/// <summary>What is lawful on one offloaded connection. Pure: no actor, no clock.</summary>
/// <param name="takesForwards">Whether the target takes raw segments.</param>
internal sealed class TcpConnection(bool takesForwards = false)
{
    private bool _graceful;
    private bool _aborted;
    private bool _uploading;
    private bool _peerClosed;
    private bool _updating;
    private bool _invalid;
    private bool _ending;

    /// <summary>Stream offset that the next send or disconnect must carry.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Whether a request left out a part of the stream: only the host can mend that, after an
    /// upload.</summary>
    public bool HasGap { get; private set; }

    /// <summary>Whether the connection was reset, by either side: nothing is indicated any more (RIND-17).</summary>
    public bool IsAborted => _aborted;

    /// <summary>The verdict on a request: Pending to go on, else the status to complete it with.</summary>
    public NdisStatus Admit(OffloadRequest request) => request switch
    {
        InitiateOffload initiate => AdmitInitiate(initiate.Block),
        TerminateOffload => AdmitTerminate(),
        QueryOffload or UpdateOffload or InvalidateOffload => AdmitState(request),
        _ when _aborted => NdisStatus.RequestAborted,               // GEN-18
        _ when _uploading => NdisStatus.UploadInProgress,           // GEN-15
        TcpOffloadSend send => AdmitSend(send),
        TcpOffloadReceive => _peerClosed ? NdisStatus.InvalidState : NdisStatus.Pending,    // RECV-10
        TcpOffloadDisconnect disconnect => AdmitDisconnect(disconnect),
        // Where the target has no TCP of its own the host processes them itself (FWD-06).
        TcpOffloadForward => takesForwards ? NdisStatus.Pending : NdisStatus.UploadInProgress,
        _ => NdisStatus.NotSupported,
    };

    /// <summary>The target said something.</summary>
    public void Note(TcpOffloadEvent said)
    {
        switch (said.Type)
        {
            case TcpOffloadEventType.Abort: _aborted = true; break;
            case TcpOffloadEventType.Disconnect: _peerClosed = true; break;
            case TcpOffloadEventType.Retrieve when OffloadEvents.IsMandatory((TcpUploadReason)said.Information):
                _uploading = true;
                break;
            default: break;
        }
    }

    /// <summary>A state operation has ended.</summary>
    public void Note(OffloadBlock block) => _updating &= block.Operation != OffloadOperation.Update;

    /// <summary>The connection waits to be fetched by the host; nothing goes down any more.</summary>
    public void Strand(bool aborted)
    {
        _aborted = aborted;
        _uploading = !aborted;
    }

    private NdisStatus AdmitInitiate(OffloadBlock block)
    {
        NextOffset = block.Positions.Accepted;
        return NdisStatus.Pending;
    }

    /// <summary>In any state (QRY-01), but not behind the terminate (TERM-04); one update at a time, and none of what
    /// was invalidated (UPD-03). Whoever asks all the same breaks V-17.</summary>
    private NdisStatus AdmitState(OffloadRequest request)
    {
        bool isUpdate = request is UpdateOffload;
        if (_ending || (isUpdate && (_updating || _invalid)))
            return NdisStatus.Failure;
        _updating |= isUpdate;
        _invalid |= request is InvalidateOffload;
        return NdisStatus.Pending;
    }

    private NdisStatus AdmitTerminate()
    {
        if (_ending)
            return NdisStatus.Failure;
        _ending = true;
        _uploading = true;
        return NdisStatus.Pending;      // in any connection state (TERM-23)
    }

    private NdisStatus AdmitSend(TcpOffloadSend send)
    {
        if (_graceful)
            return NdisStatus.InvalidState;     // DISC-30
        long next = NextOffset;
        for (Parcel? parcel = send.Flight.Head; parcel is not null; parcel = parcel.Next)
        {
            if (parcel.StreamOffset != next)
                return Gap();
            next += ((NetBufferList)parcel).DataLength;
        }
        NextOffset = next;
        return NdisStatus.Pending;
    }

    private NdisStatus AdmitDisconnect(TcpOffloadDisconnect disconnect)
    {
        var list = (NetBufferList)disconnect.Flight.Head;
        if (disconnect.Kind == DisconnectKind.Abortive)
        {
            _aborted = true;        // what comes later is told so (GEN-18); this one still goes down
            return NdisStatus.Pending;
        }
        if (_graceful)
            return NdisStatus.RequestAborted;   // DISC-32
        if (list.StreamOffset != NextOffset)
            return Gap();
        NextOffset += list.DataLength;
        _graceful = true;
        return NdisStatus.Pending;
    }

    private NdisStatus Gap()
    {
        HasGap = true;
        _uploading = true;
        return NdisStatus.UploadInProgress;
    }
}
