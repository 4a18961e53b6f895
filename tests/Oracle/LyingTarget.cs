using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>What a <see cref="LyingTarget"/> says instead of the truth.</summary>
public enum Lie
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A send that the peer acknowledged was aborted.</summary>
    AbortedSend,

    /// <summary>A send that was aborted was acknowledged.</summary>
    SucceededSend,

    /// <summary>A send has a byte less than was acknowledged.</summary>
    ByteLessSent,

    /// <summary>A graceful disconnect that had to wait for the upload was acknowledged.</summary>
    SucceededDisconnect,

    /// <summary>A posted receive has a byte less than it holds.</summary>
    ByteLessReceived,

    /// <summary>A receive that was posted too late is a success without bytes.</summary>
    LateReceive,

    /// <summary>A byte of indicated data is another one.</summary>
    WrongByte,

    /// <summary>The peer's FIN is never told.</summary>
    NoFin,

    /// <summary>The peer's FIN comes a byte later.</summary>
    LateFin,

    /// <summary>The peer's RST is never told.</summary>
    NoAbort,

    /// <summary>An upload says that the FIN was sent, or not, and the contrary is true.</summary>
    FinSent,

    /// <summary>An upload says that a byte more was accepted.</summary>
    ByteMoreAccepted,

    /// <summary>An upload keeps a byte of the buffered data.</summary>
    ByteLessBuffered,
}

/// <summary>A target that does what another one does, and lies about one thing.</summary>
internal sealed class LyingTarget(IOffloadTarget honest, Lie lie) : IOffloadTarget, IAsyncDisposable
{
    private readonly Dictionary<IOffloadUpcalls, Upcalls> _upcalls = [];

    public OffloadCapabilities Capabilities => honest.Capabilities;

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => honest.Submit(request, Of(upcalls));

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => honest.Answer(answer, Of(upcalls));

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => honest.Sever(connection, Of(upcalls));

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        honest.Probe(connection, parcel, flight);

    public ValueTask DisposeAsync() => ((IAsyncDisposable)honest).DisposeAsync();

    private Upcalls Of(IOffloadUpcalls truth)
    {
        if (!_upcalls.TryGetValue(truth, out Upcalls? upcalls))
            _upcalls.Add(truth, upcalls = new Upcalls(truth, lie));
        return upcalls;
    }

    private sealed class Upcalls(IOffloadUpcalls truth, Lie lie) : IOffloadUpcalls
    {
        public HolderId Holder => truth.Holder;

        public NetBufferListPool ReceivePool => truth.ReceivePool;

        public void Complete(OffloadCompletion completion)
        {
            for (Parcel? parcel = completion.Flight.Head; parcel is not null; parcel = parcel.Next)
                Twist(parcel);
            truth.Complete(completion);
        }

        public void Indicate(OffloadIndication indication)
        {
            switch (indication)
            {
                case TcpOffloadEvent { Type: TcpOffloadEventType.Disconnect } end when lie == Lie.LateFin:
                    truth.Indicate(end with { StreamOffset = end.StreamOffset + 1 });
                    break;
                case TcpOffloadEvent { Type: TcpOffloadEventType.Disconnect } when lie == Lie.NoFin:
                case TcpOffloadEvent { Type: TcpOffloadEventType.Abort } when lie == Lie.NoAbort:
                    break;
                case TcpOffloadReceiveIndicate data when lie == Lie.WrongByte:
                    ((NetBufferList)data.Flight.Head).FirstNetBuffer.PieceAt(0).Span[0] ^= 1;
                    truth.Indicate(data);
                    break;
                default: truth.Indicate(indication); break;
            }
        }

        private void Twist(Parcel parcel)
        {
            switch (parcel)
            {
                case { Operation: OffloadOperation.Send }: TwistSend(parcel); break;
                case { Operation: OffloadOperation.Receive }: TwistReceive(parcel); break;
                case { Operation: OffloadOperation.Disconnect } when lie == Lie.SucceededDisconnect:
                    if (parcel.Status == NdisStatus.UploadInProgress)
                        parcel.Status = NdisStatus.Success;
                    break;
                case OffloadBlock { Operation: OffloadOperation.Terminate } block: TwistUpload(block); break;
            }
        }

        private void TwistSend(Parcel send)
        {
            if (lie == Lie.AbortedSend && send.Status == NdisStatus.Success)
                send.Status = NdisStatus.RequestAborted;
            else if (lie == Lie.SucceededSend && send.Status == NdisStatus.RequestAborted)
                send.Status = NdisStatus.Success;
            else if (lie == Lie.ByteLessSent && send.BytesTransferred > 0)
                send.BytesTransferred--;
        }

        private void TwistReceive(Parcel receive)
        {
            if (lie == Lie.ByteLessReceived && receive.BytesTransferred > 0)
                receive.BytesTransferred--;
            else if (lie == Lie.LateReceive && receive.Status == NdisStatus.InvalidState)
                receive.Status = NdisStatus.Success;
        }

        private void TwistUpload(OffloadBlock block)
        {
            StreamPositions at = block.Positions;
            if (lie == Lie.FinSent)
                block.FinSent = !block.FinSent;
            else if (lie == Lie.ByteMoreAccepted)
                block.Positions = at with { Accepted = at.Accepted + 1 };
            else if (lie == Lie.ByteLessBuffered && !block.BufferedData.IsEmpty)
                block.BufferedData = block.BufferedData[1..];
        }
    }
}
