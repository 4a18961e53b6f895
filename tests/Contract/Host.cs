using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>How a host answers an indication.</summary>
public enum Answering
{
    /// <summary>Takes everything and returns the list at once.</summary>
    TakeAndReturn,

    /// <summary>Takes everything and keeps the list.</summary>
    TakeAndKeep,

    /// <summary>Says nothing yet.</summary>
    Silence,

    /// <summary>Takes nothing.</summary>
    Refuse,

    /// <summary>Takes half, or nothing of a single byte.</summary>
    TakeHalf,

    /// <summary>A driver on the way died: it comes back without having reached the host.</summary>
    LoseOnTheWay,
}

/// <summary>Everything above a target in one object: writes down what it hears, checks the rules that hold always, and
/// answers indications as it was told. Called from the target's threads.</summary>
public sealed class Host : IOffloadUpcalls, IVerifier
{
    private readonly Lock _gate = new();
    private readonly List<Heard> _heard = [];
    private readonly List<string> _breaches = [];
    private readonly List<(Func<Heard, bool> Which, TaskCompletionSource<Heard> Told)> _waiting = [];
    private readonly List<TcpOffloadReceiveIndicate> _silent = [];
    private readonly List<Flight> _kept = [];
    private int _messages;

    internal Host(int receiveListsMax, int receiveBytes) =>
        ReceivePool = new NetBufferListPool("receive", receiveListsMax, receiveBytes, this);

    public HolderId Holder { get; } = HolderId.Next();

    public NetBufferListPool ReceivePool { get; }

    /// <summary>Set once, before anything is submitted.</summary>
    internal IOffloadTarget Target { get; set; } = null!;

    /// <summary>Waits for something that must happen.</summary>
    internal Func<Task, Task> Until { get; set; } = static happened => happened.WaitAsync(Limits.Patience);

    internal Answering Answering { get; set; } = Answering.TakeAndReturn;

    /// <summary>Rules broken so far; a test fails on any.</summary>
    internal string[] Breaches
    {
        get
        {
            lock (_gate)
                return [.. _breaches];
        }
    }

    /// <summary>Everything heard so far.</summary>
    internal Heard[] All
    {
        get
        {
            lock (_gate)
                return [.. _heard];
        }
    }

    public void Complete(OffloadCompletion completion)
    {
        int count = 0;
        int message = Interlocked.Increment(ref _messages);
        Parcel? next = completion.Flight.Head;
        for (; next is not null; count++)
        {
            Parcel parcel = next;
            next = parcel.Next;
            Land(completion, parcel, message);
        }

        if (count != completion.Flight.Count)
            Breach($"a completion says {completion.Flight.Count} parcels and carries {count}");
        if (count > 1 && completion is not (TcpOffloadSendComplete or TcpOffloadReceiveComplete
            or TcpOffloadForwardComplete))
            Breach($"a {completion.GetType().Name} carries {count} parcels");
    }

    public void Indicate(OffloadIndication indication)
    {
        switch (indication)
        {
            case TcpOffloadReceiveIndicate data: OnData(data); break;
            case TcpOffloadEvent said: Note(new EventSaid(said.Connection, said)); break;
            case Severed severed: Note(new RemainsSaid(severed.Connection, severed)); break;
            default: Breach($"unknown indication {indication}"); break;
        }
    }

    void IVerifier.Report(Violation violation) => Breach(violation.ToString());

    /// <summary>Waits for something; what was heard already counts.</summary>
    internal async Task<T> Hear<T>(Func<T, bool>? which = null)
        where T : Heard
    {
        var told = new TaskCompletionSource<Heard>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            Heard? already = _heard.Find(Fits);
            if (already is not null)
                return (T)already;
            _waiting.Add((Fits, told));
        }

        await Until(told.Task);
        return (T)await told.Task;

        bool Fits(Heard heard) => heard is T wanted && (which is null || which(wanted));
    }

    /// <summary>Waits until a parcel is back.</summary>
    internal Task<CameBack> Back(Parcel parcel) => Hear<CameBack>(back => ReferenceEquals(back.Parcel, parcel));

    /// <summary>Waits for an event of a connection.</summary>
    internal async Task<TcpOffloadEvent> Event(OffloadHandle connection, TcpOffloadEventType type) =>
        (await Hear<EventSaid>(said => said.Connection == connection && said.Event.Type == type)).Event;

    /// <summary>Waits until so many bytes were indicated on a connection, refusals not deducted, and, unless they met
    /// silence, until the answer is on its way.</summary>
    internal async Task<byte[]> Indicated(OffloadHandle connection, long throughOffset)
    {
        DataIndicated last = await Hear<DataIndicated>(data =>
            data.Connection == connection && data.Offset + data.Data.Length >= throughOffset);
        if (last.IsMet)
            await Hear<IndicationAnswered>(answered => ReferenceEquals(answered.To, last));
        return
        [
            .. All.OfType<DataIndicated>().Where(data => data.Connection == connection)
                .SelectMany(data => data.Data),
        ];
    }

    internal bool IsBack(Parcel parcel) =>
        All.OfType<CameBack>().Any(back => ReferenceEquals(back.Parcel, parcel));

    /// <summary>Where in the order of everything heard the parcel came back.</summary>
    internal int PlaceOf(Parcel parcel) =>
        Array.FindIndex(All, heard => heard is CameBack back && ReferenceEquals(back.Parcel, parcel));

    internal int PlaceOf(TcpOffloadEventType type) =>
        Array.FindIndex(All, heard => heard is EventSaid said && said.Event.Type == type);

    /// <summary>Answers what was met with silence.</summary>
    internal void BreakSilence(Answering answering)
    {
        TcpOffloadReceiveIndicate[] silent;
        lock (_gate)
        {
            silent = [.. _silent];
            _silent.Clear();
        }

        foreach (TcpOffloadReceiveIndicate indication in silent)
            Answer(indication, answering);
    }

    /// <summary>Returns kept lists, all or some.</summary>
    internal void ReturnKept(int most = int.MaxValue)
    {
        Flight[] kept;
        lock (_gate)
        {
            kept = [.. _kept.Take(most)];
            _kept.RemoveRange(0, kept.Length);
        }

        foreach (Flight flight in kept)
            Return(flight);
    }

    private void OnData(TcpOffloadReceiveIndicate indication)
    {
        var list = (NetBufferList)indication.Flight.Head;
        NetBuffer buffer = list.FirstNetBuffer;
        var data = new byte[buffer.DataLength];
        buffer.PieceAt(0).CopyTo(data);
        if (!indication.Flight.IsHeldBy(Holder) || indication.Flight.Count != 1 || data.Length == 0)
            Breach($"unlawful indication: {list.Describe()}");
        Answering answering = Answering;
        if (answering == Answering.Silence)
        {
            lock (_gate)
                _silent.Add(indication);
        }

        int taken = answering switch
        {
            Answering.TakeAndReturn or Answering.TakeAndKeep => data.Length,
            Answering.TakeHalf => data.Length / 2,
            _ => 0,
        };
        bool isMet = answering != Answering.Silence;
        var noted = new DataIndicated(indication.Connection, list.StreamOffset, data, taken, isMet);
        Note(noted);
        if (!isMet)
            return;
        Answer(indication, answering);
        Note(new IndicationAnswered(noted));
    }

    private void Answer(TcpOffloadReceiveIndicate indication, Answering answering)
    {
        Flight flight = indication.Flight;
        var list = (NetBufferList)flight.Head;
        long length = list.FirstNetBuffer.DataLength;
        switch (answering)
        {
            case Answering.TakeAndReturn or Answering.TakeAndKeep:
                long through = list.StreamOffset + length;
                if (answering == Answering.TakeAndKeep)
                {
                    lock (_gate)
                        _kept.Add(flight);
                }

                Target.Answer(new TcpOffloadReceiveAccepted(indication.Connection, through), this);
                if (answering == Answering.TakeAndReturn)
                    Return(flight);
                break;
            case Answering.TakeHalf:
                GiveBack(flight, length / 2);
                break;
            default:
                list.BroughtHome = answering == Answering.LoseOnTheWay;
                GiveBack(flight, 0);
                break;
        }
    }

    private void GiveBack(Flight flight, long taken)
    {
        var list = (NetBufferList)flight.Head;
        NdisStatus status = taken == 0
            ? NdisStatus.OffloadDataNotAccepted
            : NdisStatus.OffloadDataPartiallyAccepted;
        if (!Bring(flight, status, taken, out OffloadCompletion answer))
            return;
        list.FirstNetBuffer.Advance(taken);
        Target.Answer(answer, this);
    }

    private void Return(Flight flight)
    {
        var list = (NetBufferList)flight.Head;
        if (!Bring(flight, NdisStatus.Success, list.FirstNetBuffer.DataLength, out OffloadCompletion answer))
            return;
        ReceivePool.Return(list);
        Target.Answer(answer, this);
    }

    private bool Bring(Flight flight, NdisStatus status, long bytes, out OffloadCompletion answer)
    {
        answer = null!;
        if (!flight.Head.TryComplete(flight.Id, Holder, status, bytes))
        {
            Breach($"an indication was completed by somebody else: {flight.Head.Describe()}");
            return false;
        }

        answer = OffloadCompletion.Of(flight.Head, 1);
        return flight.Head.Custody.TryMove(
            CustodyState.Completed, flight.Id, Holder, CustodyState.Rented, default, HolderId.None);
    }

    private void Land(OffloadCompletion completion, Parcel parcel, int message)
    {
        var back = new CameBack(
            parcel.Connection, parcel, parcel.Operation, parcel.Status, parcel.BytesTransferred, message);
        bool ours = parcel.Custody.State == CustodyState.Completed && parcel.Custody.Holder == Holder;
        if (!ours || !parcel.Custody.TryMove(CustodyState.Completed, parcel.Custody.Flight, Holder,
            CustodyState.Rented, default, HolderId.None))
            Breach($"came back twice or from a stranger: {parcel.Describe()}");
        if (completion.GetType() != OffloadCompletion.Of(parcel, 1).GetType())
            Breach($"came back by a {completion.GetType().Name}: {parcel.Describe()}");
        if (!Allowed(parcel))
            Breach($"status {parcel.Status} is not allowed: {parcel.Describe()}");
        Note(back);
    }

    private static bool Allowed(Parcel parcel) => parcel.Operation switch
    {
        OffloadOperation.Send or OffloadOperation.Receive => parcel.Status is NdisStatus.Success
            or NdisStatus.RequestAborted or NdisStatus.UploadInProgress or NdisStatus.InvalidState,
        OffloadOperation.Disconnect or OffloadOperation.Forward => parcel.Status is NdisStatus.Success
            or NdisStatus.RequestAborted or NdisStatus.UploadInProgress,
        OffloadOperation.Terminate or OffloadOperation.Query or OffloadOperation.Update
            or OffloadOperation.Invalidate => parcel.Status is NdisStatus.Success or NdisStatus.Failure,
        OffloadOperation.Initiate => parcel.Status is NdisStatus.Success or NdisStatus.Failure
            or NdisStatus.OffloadTcpEntries or NdisStatus.OffloadConnectionRejected,
        _ => false,
    };

    private void Note(Heard heard)
    {
        List<TaskCompletionSource<Heard>> told = [];
        lock (_gate)
        {
            _heard.Add(heard);
            for (int index = _waiting.Count - 1; index >= 0; index--)
            {
                if (!_waiting[index].Which(heard))
                    continue;
                told.Add(_waiting[index].Told);
                _waiting.RemoveAt(index);
            }
        }

        told.ForEach(waiter => waiter.TrySetResult(heard));
    }

    private void Breach(string what)
    {
        lock (_gate)
            _breaches.Add(what);
    }
}
