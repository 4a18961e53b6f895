using ChimneyActors.Buffers;
using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Miniports;

/// <summary>Every state of a connection against every request.</summary>
public sealed class TcpConnectionSpecs
{
    private static readonly OffloadHandle Handle = new(3, 1);
    private readonly NetBufferListPool _pool = new("spec", 1000, 0, new RecordingVerifier());

    public enum From
    {
        Open,
        PeerClosed,         // RECV-10
        Graceful,           // DISC-30, DISC-32
        BothClosed,
        AbortedByPeer,      // GEN-18
        AbortedByHost,      // GEN-18
        Uploading,          // GEN-15
        WishedBack,         // EVT-13
        Terminating,        // GEN-15
        Gap,                // a part of the stream is missing
        StrandedAlive,
        StrandedDead,
    }

    public enum Ask
    {
        Send,
        EmptySend,
        SendWithGap,
        Receive,
        Graceful,
        GracefulWithGap,
        Abortive,
        Terminate,
    }

    public static TheoryData<From, Ask> All()
    {
        var all = new TheoryData<From, Ask>();
        foreach (From from in Enum.GetValues<From>())
            foreach (Ask ask in Enum.GetValues<Ask>())
                all.Add(from, ask);
        return all;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Each_request_in_each_state_gets_its_verdict(From from, Ask ask)
    {
        TcpConnection tcp = Bring(from);
        long offset = tcp.NextOffset;
        tcp.Admit(Request(ask, tcp)).ShouldBe(Expected(from, ask));
        bool taken = Expected(from, ask) == NdisStatus.Pending && ask is (Ask.Send or Ask.Graceful);
        tcp.NextOffset.ShouldBe(offset + (taken ? 2 : 0));
    }

    [Fact]
    public void After_a_gap_nothing_goes_down_but_a_terminate()
    {
        TcpConnection tcp = Bring(From.Open);
        tcp.Admit(Request(Ask.SendWithGap, tcp)).ShouldBe(NdisStatus.UploadInProgress);
        tcp.HasGap.ShouldBeTrue();
        tcp.Admit(Request(Ask.Send, tcp)).ShouldBe(NdisStatus.UploadInProgress);
        tcp.Admit(Request(Ask.Terminate, tcp)).ShouldBe(NdisStatus.Pending);
    }

    [Fact]
    public void A_chain_with_a_gap_inside_is_refused_whole()
    {
        TcpConnection tcp = Bring(From.Open);
        NetBufferList first = List(OffloadOperation.Send, tcp.NextOffset, 2);
        first.Next = List(OffloadOperation.Send, tcp.NextOffset + 3, 2);
        tcp.Admit(new TcpOffloadSend(Flight.Depart(first, HolderId.Next())))
            .ShouldBe(NdisStatus.UploadInProgress);
        tcp.NextOffset.ShouldBe(100);
    }

    [Fact]
    public void An_abortive_disconnect_may_follow_a_graceful_one_and_a_second_one_may_not()
    {
        TcpConnection tcp = Bring(From.Graceful);       // DISC-31
        tcp.Admit(Request(Ask.Abortive, tcp)).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Request(Ask.Abortive, tcp)).ShouldBe(NdisStatus.RequestAborted);
    }

    [Fact]
    public void Five_reasons_always_lead_to_an_upload() =>     // EVT-11
        Enum.GetValues<TcpUploadReason>().Count(OffloadEvents.IsMandatory).ShouldBe(5);

    private static NdisStatus Expected(From from, Ask ask) => (from, ask) switch
    {
        (From.Terminating, Ask.Terminate) => NdisStatus.Failure,
        (_, Ask.Terminate) => NdisStatus.Pending,       // TERM-23
        (From.AbortedByPeer or From.AbortedByHost or From.StrandedDead, _) => NdisStatus.RequestAborted,
        (From.Uploading or From.Terminating or From.Gap or From.StrandedAlive, _) => NdisStatus.UploadInProgress,
        (_, Ask.Abortive) => NdisStatus.Pending,
        (From.PeerClosed or From.BothClosed, Ask.Receive) => NdisStatus.InvalidState,
        (_, Ask.Receive) => NdisStatus.Pending,
        (From.Graceful or From.BothClosed, Ask.Graceful or Ask.GracefulWithGap) => NdisStatus.RequestAborted,
        (From.Graceful or From.BothClosed, _) => NdisStatus.InvalidState,
        (_, Ask.SendWithGap or Ask.GracefulWithGap) => NdisStatus.UploadInProgress,
        _ => NdisStatus.Pending,
    };

    private TcpConnection Bring(From state)
    {
        var tcp = new TcpConnection();
        var block = new OffloadBlock { Positions = new StreamPositions(90, 100, 0) };
        tcp.Admit(new InitiateOffload(new Flight(default, block, 1))).ShouldBe(NdisStatus.Pending);
        if (state is From.PeerClosed or From.BothClosed)
            tcp.Note(Event(TcpOffloadEventType.Disconnect, TcpUploadReason.None));
        if (state is From.Graceful or From.BothClosed)
            tcp.Admit(Request(Ask.Graceful, tcp));
        if (state == From.AbortedByPeer)
            tcp.Note(Event(TcpOffloadEventType.Abort, TcpUploadReason.None));
        if (state == From.AbortedByHost)
            tcp.Admit(Request(Ask.Abortive, tcp));
        if (state == From.Uploading)
            tcp.Note(Event(TcpOffloadEventType.Retrieve, TcpUploadReason.UploadRequested));
        if (state == From.WishedBack)
            tcp.Note(Event(TcpOffloadEventType.Retrieve, TcpUploadReason.LowActivity));
        if (state == From.Terminating)
            tcp.Admit(Request(Ask.Terminate, tcp));
        if (state == From.Gap)
            tcp.Admit(Request(Ask.SendWithGap, tcp));
        if (state is From.StrandedAlive or From.StrandedDead)
            tcp.Strand(aborted: state == From.StrandedDead);
        return tcp;
    }

    private OffloadRequest Request(Ask ask, TcpConnection tcp)
    {
        if (ask == Ask.Terminate)
            return new TerminateOffload(new Flight(default, new OffloadBlock(), 1));
        OffloadOperation operation = ask switch
        {
            Ask.Receive => OffloadOperation.Receive,
            Ask.Send or Ask.EmptySend or Ask.SendWithGap => OffloadOperation.Send,
            _ => OffloadOperation.Disconnect,
        };
        long offset = tcp.NextOffset + (ask is Ask.SendWithGap or Ask.GracefulWithGap ? 1 : 0);
        NetBufferList list = List(operation, offset, ask is Ask.EmptySend or Ask.Abortive ? 0 : 2);
        Flight flight = Flight.Depart(list, HolderId.Next());
        return operation switch
        {
            OffloadOperation.Receive => new TcpOffloadReceive(flight),
            OffloadOperation.Send => new TcpOffloadSend(flight),
            _ => new TcpOffloadDisconnect(flight,
                ask == Ask.Abortive ? DisconnectKind.Abortive : DisconnectKind.Graceful),
        };
    }

    private static TcpOffloadEvent Event(TcpOffloadEventType type, TcpUploadReason reason) =>
        new(Handle, type, (long)reason, 0);

    private NetBufferList List(OffloadOperation operation, long offset, int length)
    {
        NetBufferList list = _pool.Rent(null)!;
        list.Operation = operation;
        list.Connection = Handle;
        list.StreamOffset = offset;
        list.FirstNetBuffer.Attach(new byte[length].AsMemory());
        return list;
    }
}
