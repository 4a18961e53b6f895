using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>What the host may ask of the state of a connection that it does not have.</summary>
internal sealed partial class KernelConnection
{
    private ref KernelCounts Counts => ref _table.CountsOf(Handle, _isIPv6);

    /// <summary>Adds what it has counted until now.</summary>
    internal void Count(bool isIPv6, ref KernelCounts sum)
    {
        if (_isCounted && _isIPv6 == isIPv6 && NativeTcp.TryInfo(Descriptor, out TcpInfo info))
            sum.Look(info);
    }

    private void OnState(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        var block = (OffloadBlock)request.Flight.Head;
        var claim = new Claim(block, request.Flight.Id, upcalls.Holder);
        bool isDone = _phase is Phase.Open or Phase.Aborted && claim.IsOpen && TryDo(request, block);
        Answer(claim, isDone ? NdisStatus.Success : NdisStatus.Failure, upcalls);
        if (isDone && request is InvalidateOffload && _phase == Phase.Open)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.InvalidState);     // INV-03
    }

    /// <summary>What the kernel refuses fails this request and nothing else (UPD-04).</summary>
    private bool TryDo(OffloadRequest request, OffloadBlock block)
    {
        try
        {
            switch (request)
            {
                case QueryOffload:
                    block.Queried = Query();
                    break;
                case UpdateOffload when _phase == Phase.Open:
                    SocketState.Write(_socket!.Socket, block.Update!);
                    _receive.IndicationBytes = block.Update!.IndicationBytes ?? _receive.IndicationBytes;
                    break;
                case InvalidateOffload:
                    _send.Invalidate();
                    break;
            }

            return true;
        }
        catch (Exception refused) when (refused is SocketException or ObjectDisposedException or IOException)
        {
            return false;
        }
    }

    private TcpOffloadState Query()
    {
        if (_phase == Phase.Aborted)
            return new TcpOffloadState(new(), new(), new() { State = TcpConnectionState.Closed });
        if (_send.AwaitsPeer)
            _send.Settle();
        TcpInfo info = NativeTcp.Info(Descriptor);
        int mss = (int)info.SendMss;
        var delegated = new TcpOffloadStateDelegated
        {
            State = _socket!.State(),
            ReceiveNext = (uint)(_receive.Received + NativeTcp.Unread(Descriptor)),
            ReceiveWindow = info.ReceiveWindow,
            SendUnacknowledged = (uint)_send.Acknowledged,
            SendNext = (uint)(_send.Accepted - info.NotSentBytes),
            SendMax = (uint)(_send.Accepted - info.NotSentBytes),
            SendWindow = info.SendWindow,
            SendWindowMax = info.SendWindow,
            CongestionWindow = (long)info.CongestionWindow * mss,
            SlowStartThreshold = info.SlowStartThreshold >= int.MaxValue
                ? long.MaxValue
                : (long)info.SlowStartThreshold * mss,
            SmoothedRoundTrip = TimeSpan.FromMicroseconds(info.RoundTripMicroseconds),
            RoundTripVariation = TimeSpan.FromMicroseconds(info.VariationMicroseconds),
            KeepAliveProbes = info.Retransmits == 0 ? info.Probes : 0,
            Retransmissions = info.Retransmits,
            SendBacklogSize = _send.Backlog,
            ReceiveBacklogSize = (uint)(NativeTcp.Unread(Descriptor) + _receive.Held),
        };
        return new TcpOffloadState(
            SocketState.Const(_socket.Socket, info),
            SocketState.Read(_socket.Socket) with { IndicationBytes = _receive.IndicationBytes }, delegated);
    }
}
