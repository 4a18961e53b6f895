using ChimneyActors.Buffers;
using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Miniports;

/// <summary>What is lawful on one connection: every state against every request.</summary>
public sealed class LawfulRequestSpecs
{
    private const long Start = 100;
    private readonly NetBufferListPool _pool = Lists.Pool(1000);

    /// <summary>Each column is a state, in fours: nothing, a graceful disconnect (G), the peer's FIN (P), both; then
    /// the same uploading (U), aborted (A), and both. A dot is Pending, I INVALID_STATE, U UPLOAD_IN_PROGRESS, A
    /// REQUEST_ABORTED, F FAILURE, and a report (V-17).</summary>
    /// <remarks>Aborted goes before everything (GEN-18), uploading before the rest (GEN-15), state operations are
    /// lawful in any state (TERM-23, QRY-01) but behind a terminate (TERM-04). Late sends (DISC-30), late receives
    /// (RECV-10), second graceful ones (DISC-32).</remarks>
    [Theory]
    [InlineData("send", ".I.I UUUU AAAA AAAA")]
    [InlineData("send past a gap", "UIUI UUUU AAAA AAAA")]
    [InlineData("send again", "UIUI UUUU AAAA AAAA")]
    [InlineData("receive", "..II UUUU AAAA AAAA")]
    [InlineData("graceful", ".A.A UUUU AAAA AAAA")]
    [InlineData("graceful past a gap", "UAUA UUUU AAAA AAAA")]
    [InlineData("abortive", ".... UUUU AAAA AAAA")]
    [InlineData("forward", ".... UUUU AAAA AAAA")]
    [InlineData("terminate", ".... FFFF .... FFFF")]
    [InlineData("initiate", ".... .... .... ....")]
    [InlineData("query", ".... FFFF .... FFFF")]
    [InlineData("update", ".... FFFF .... FFFF")]
    [InlineData("invalidate", ".... FFFF .... FFFF")]
    public void Every_request_in_every_state(string request, string verdicts)
    {
        string expected = verdicts.Replace(" ", "", StringComparison.Ordinal);
        for (int state = 0; state < 16; state++)
        {
            TcpConnection tcp = In(state, out long next);
            tcp.Admit(Make(request, next)).ShouldBe(Status(expected[state]), $"{request} in {Name(state)}");
            tcp.HasGap.ShouldBe(state < 4 && expected[state] == 'U', $"{request} in {Name(state)}");
        }
    }

    [Theory]
    [InlineData("send", "send graceful abortive receive terminate")]
    [InlineData("graceful", "terminate receive abortive")]
    [InlineData("receive", "send graceful abortive receive terminate")]
    public void What_one_request_leaves_lawful_for_the_next(string first, string lawful)
    {
        foreach (string second in new[] { "send", "graceful", "abortive", "receive", "terminate" })
        {
            TcpConnection tcp = Offloaded();
            tcp.Admit(Make(first, tcp.NextOffset)).ShouldBe(NdisStatus.Pending);
            (tcp.Admit(Make(second, tcp.NextOffset)) == NdisStatus.Pending)
                .ShouldBe(lawful.Split(' ').Contains(second), $"{second} after {first}");
        }
    }

    [Theory]
    [InlineData("terminate", NdisStatus.UploadInProgress)]
    [InlineData("abortive", NdisStatus.RequestAborted)]
    public void After_a_terminate_or_an_abort_everything_is_told_so(string first, NdisStatus told)
    {
        TcpConnection tcp = Offloaded();
        tcp.Admit(Make(first, tcp.NextOffset)).ShouldBe(NdisStatus.Pending);
        tcp.IsAborted.ShouldBe(told == NdisStatus.RequestAborted);
        foreach (string second in new[] { "send", "graceful", "abortive", "receive" })
            tcp.Admit(Make(second, tcp.NextOffset)).ShouldBe(told, $"{second} after {first}");
        tcp.Admit(Make("terminate", 0)).ShouldBe(first == "terminate" ? NdisStatus.Failure : NdisStatus.Pending);
    }

    [Fact]
    public void One_update_at_a_time_and_none_behind_an_invalidate()
    {
        TcpConnection tcp = Offloaded();
        OffloadRequest first = Make("update", 0);
        tcp.Admit(first).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Make("query", 0)).ShouldBe(NdisStatus.Pending);      // QRY-04
        tcp.Admit(Make("update", 0)).ShouldBe(NdisStatus.Failure);     // UPD-03
        tcp.Note(new OffloadBlock { Operation = OffloadOperation.Query });
        tcp.Admit(Make("update", 0)).ShouldBe(NdisStatus.Failure);
        tcp.Note(new OffloadBlock { Operation = OffloadOperation.Update });
        tcp.Admit(Make("update", 0)).ShouldBe(NdisStatus.Pending);
        tcp.Note(new OffloadBlock { Operation = OffloadOperation.Update });
        tcp.Admit(Make("invalidate", 0)).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Make("update", 0)).ShouldBe(NdisStatus.Failure);
        tcp.Admit(Make("query", 0)).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Make("invalidate", 0)).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Make("terminate", 0)).ShouldBe(NdisStatus.Pending);
    }

    [Fact]
    public void The_stream_begins_where_it_stood_and_goes_on_by_what_is_posted()
    {
        TcpConnection tcp = Offloaded();
        tcp.NextOffset.ShouldBe(Start);
        tcp.Admit(Sends(Start, 10, 0, 5)).ShouldBe(NdisStatus.Pending);
        tcp.NextOffset.ShouldBe(Start + 15);
        tcp.Admit(Make("receive", 0)).ShouldBe(NdisStatus.Pending);
        tcp.NextOffset.ShouldBe(Start + 15);
        tcp.Admit(Disconnect(Start + 15, 7, DisconnectKind.Graceful)).ShouldBe(NdisStatus.Pending);
        tcp.NextOffset.ShouldBe(Start + 22);
    }

    [Theory]
    [InlineData(101, 0)]
    [InlineData(99, 0)]
    [InlineData(100, 1)]
    [InlineData(100, -1)]
    public void A_gap_anywhere_in_a_chain_refuses_it_whole_and_all_that_comes_after(long first, long shift)
    {
        TcpConnection tcp = Offloaded();
        TcpOffloadSend chain = Sends(first, 10, 10, 10);
        chain.Flight.Head.Next!.StreamOffset += shift;

        tcp.Admit(chain).ShouldBe(NdisStatus.UploadInProgress);

        (tcp.HasGap, tcp.NextOffset, tcp.IsAborted).ShouldBe((true, Start, false));
        foreach (string later in new[] { "send", "receive", "graceful", "abortive" })
            tcp.Admit(Make(later, Start)).ShouldBe(NdisStatus.UploadInProgress, later);
        tcp.Admit(Make("terminate", 0)).ShouldBe(NdisStatus.Pending);
        tcp.NextOffset.ShouldBe(Start);
    }

    [Fact]
    public void A_refused_request_moves_nothing()
    {
        TcpConnection tcp = Offloaded();
        tcp.Admit(Disconnect(Start, 5, DisconnectKind.Graceful)).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Sends(Start + 5, 10)).ShouldBe(NdisStatus.InvalidState);
        tcp.Admit(Disconnect(Start + 5, 10, DisconnectKind.Graceful)).ShouldBe(NdisStatus.RequestAborted);
        (tcp.NextOffset, tcp.HasGap).ShouldBe((Start + 5, false));
    }

    [Fact]
    public void Only_reasons_that_always_lead_to_an_upload_refuse_what_comes()
    {
        foreach (TcpUploadReason reason in Enum.GetValues<TcpUploadReason>())
        {
            TcpConnection tcp = Offloaded();
            tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.Retrieve, (long)reason, 0));
            bool mandatory = reason is TcpUploadReason.HardwareFailure or TcpUploadReason.InvalidState
                or TcpUploadReason.ReceivedUrgentData or TcpUploadReason.TimeoutExpiration
                or TcpUploadReason.UploadRequested;
            tcp.Admit(Sends(Start, 1)).ShouldBe(
                mandatory ? NdisStatus.UploadInProgress : NdisStatus.Pending, reason.ToString());
            (tcp.IsAborted, tcp.HasGap).ShouldBe((false, false));
        }
    }

    [Fact]
    public void What_the_target_says_counts_for_what_it_is()
    {
        TcpConnection tcp = Offloaded();
        tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.SendBacklogChange, 11, 0));
        tcp.Admit(Make("receive", 0)).ShouldBe(NdisStatus.Pending);
        tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.Disconnect, 0, 0));
        tcp.Admit(Make("receive", 0)).ShouldBe(NdisStatus.InvalidState);
        tcp.Admit(Sends(Start, 1)).ShouldBe(NdisStatus.Pending);
        tcp.IsAborted.ShouldBeFalse();
        tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.Abort, 0, 0));
        tcp.IsAborted.ShouldBeTrue();
        tcp.Admit(Sends(Start + 1, 1)).ShouldBe(NdisStatus.RequestAborted);
    }

    [Theory]
    [InlineData(false, NdisStatus.UploadInProgress)]
    [InlineData(true, NdisStatus.RequestAborted)]
    public void Stranded_it_waits_for_its_terminate_only(bool aborted, NdisStatus told)
    {
        var tcp = new TcpConnection();
        tcp.Strand(aborted);
        tcp.IsAborted.ShouldBe(aborted);
        foreach (string request in new[] { "send", "send past a gap", "receive", "graceful", "abortive" })
            tcp.Admit(Make(request, 0)).ShouldBe(told, request);
        tcp.HasGap.ShouldBeFalse();
        tcp.Admit(Make("terminate", 0)).ShouldBe(NdisStatus.Pending);
    }

    [Fact]
    public void Where_the_target_has_no_tcp_of_its_own_segments_are_left_to_the_host()
    {
        var tcp = new TcpConnection(takesForwards: false);
        tcp.Admit(Make("initiate", 0)).ShouldBe(NdisStatus.Pending);
        tcp.Admit(Make("forward", 0)).ShouldBe(NdisStatus.UploadInProgress);
        (tcp.HasGap, tcp.Admit(Sends(Start, 1))).ShouldBe((false, NdisStatus.Pending));
        tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.Abort, 0, 0));
        tcp.Admit(Make("forward", 0)).ShouldBe(NdisStatus.RequestAborted);
    }

    private TcpConnection Offloaded()
    {
        var tcp = new TcpConnection(takesForwards: true);
        tcp.Admit(Make("initiate", 0)).ShouldBe(NdisStatus.Pending);
        return tcp;
    }

    private TcpConnection In(int state, out long next)
    {
        TcpConnection tcp = Offloaded();
        if ((state & 1) != 0)
            tcp.Admit(Disconnect(Start, 3, DisconnectKind.Graceful)).ShouldBe(NdisStatus.Pending);
        if ((state & 2) != 0)
            tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.Disconnect, 0, 0));
        if ((state & 4) != 0)
            tcp.Admit(Make("terminate", 0)).ShouldBe(NdisStatus.Pending);
        if ((state & 8) != 0)
            tcp.Note(new TcpOffloadEvent(default, TcpOffloadEventType.Abort, 0, 0));
        next = tcp.NextOffset;
        return tcp;
    }

    private static string Name(int state) =>
        string.Concat("GPUA".Where((_, bit) => (state & 1 << bit) != 0)) is { Length: > 0 } name ? name : "nothing";

    private static NdisStatus Status(char verdict) => verdict switch
    {
        '.' => NdisStatus.Pending,
        'I' => NdisStatus.InvalidState,
        'U' => NdisStatus.UploadInProgress,
        'F' => NdisStatus.Failure,
        _ => NdisStatus.RequestAborted,
    };

    private OffloadRequest Make(string request, long next) => request switch
    {
        "send" => Sends(next, 10),
        "send past a gap" => Sends(next + 1, 10),
        "send again" => Sends(next - 1, 10),
        "receive" => new TcpOffloadReceive(Flight.Depart(_pool.Filled(OffloadOperation.Receive, 9), default)),
        "forward" => new TcpOffloadForward(Flight.Depart(_pool.Filled(OffloadOperation.Forward, 20), default)),
        "graceful" => Disconnect(next, 3, DisconnectKind.Graceful),
        "graceful past a gap" => Disconnect(next + 1, 3, DisconnectKind.Graceful),
        "abortive" => Disconnect(0, 0, DisconnectKind.Abortive),
        "terminate" => new TerminateOffload(Flight.Depart(new OffloadBlock(), default)),
        "query" => new QueryOffload(Flight.Depart(new OffloadBlock(), default)),
        "update" => new UpdateOffload(Flight.Depart(new OffloadBlock(), default)),
        "invalidate" => new InvalidateOffload(Flight.Depart(new OffloadBlock(), default)),
        _ => new InitiateOffload(Flight.Depart(
            new OffloadBlock { Positions = new StreamPositions(Start - 10, Start, 0) }, default)),
    };

    private TcpOffloadSend Sends(long offset, params int[] lengths)
    {
        NetBufferList? head = null;
        NetBufferList? last = null;
        foreach (int length in lengths)
        {
            NetBufferList list = _pool.Filled(OffloadOperation.Send, length, offset);
            offset += length;
            head ??= list;
            if (last is not null)
                last.Next = list;
            last = list;
        }
        return new TcpOffloadSend(Flight.Depart(head!, default));
    }

    private TcpOffloadDisconnect Disconnect(long offset, int bytes, DisconnectKind kind) => new(
        Flight.Depart(_pool.Filled(OffloadOperation.Disconnect, bytes, offset), default), kind);
}
