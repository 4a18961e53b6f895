using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>INIT: how an offload begins.</summary>
public abstract class InitiateContract : OffloadTargetContract
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_initiate_is_answered_later_and_not_by_the_thread_that_asked(bool lawful)
    {
        OffloadBlock block = NoConnection();        // INIT-01
        if (lawful)
        {
            (block, Peer peer) = Bench.Connect();
            Bench.Keep(peer);
        }

        var asker = new Asker();
        var handle = new OffloadHandle(900, 1);
        (block.Operation, block.Connection) = (OffloadOperation.Initiate, handle);
        int me = 0;
        var thread = new Thread(() =>
        {
            me = Environment.CurrentManagedThreadId;
            Bench.Target.Submit(new InitiateOffload(Flight.Depart(block, asker.Holder)), asker);
        });
        thread.Start();
        thread.Join();

        await Bench.UntilAsync(asker.AnsweredBy);
        int answeredBy = await asker.AnsweredBy;
        answeredBy.ShouldNotBe(me);
        (block.Status == NdisStatus.Success).ShouldBe(lawful);
    }

    [Fact]
    public async Task Handed_over_data_is_copied_so_that_the_host_may_use_its_buffer_again()
    {
        (OffloadBlock block, Peer peer) = Bench.Connect();      // INIT-10
        Bench.Keep(peer);
        Host.Answering = Answering.Refuse;
        byte[] buffer = Pattern.Bytes(0, 10_000);
        block.BufferedData = buffer;
        block.Positions = new StreamPositions(0, 0, buffer.Length);
        Line line = await Bench.OffloadAsync(block, peer);
        buffer.AsSpan().Fill(0xEE);

        NetBufferList list = line.Receive(noPush: true, buffer.Length)[0];
        (await Host.Back(list)).Bytes.ShouldBe(buffer.Length);
        Pattern.Check(Line.DataOf(list), 0);
    }

    [Fact]
    public async Task A_connection_lives_from_its_completion_on_and_says_nothing_before()
    {
        (OffloadBlock block, Peer peer) = Bench.Connect();      // INIT-18, EVT-19
        Bench.Keep(peer);
        await peer.SendAsync(3_000);
        peer.Finish();

        Line line = await Bench.OffloadAsync(block, peer);

        // Nothing is asked of it: what the peer did before is told all the same.
        Pattern.Check(await Host.Indicated(line.Handle, 3_000), 0);
        (await Host.Event(line.Handle, TcpOffloadEventType.Disconnect)).StreamOffset.ShouldBe(3_000);
        Host.PlaceOf(block).ShouldBe(0);
    }

    private static OffloadBlock NoConnection()
    {
        var block = new OffloadBlock();
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        return block;
    }

    /// <summary>Remembers which thread told it.</summary>
    private sealed class Asker : IOffloadUpcalls
    {
        private readonly TaskCompletionSource<int> _answered =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HolderId Holder { get; } = HolderId.Next();

        public NetBufferListPool ReceivePool => throw new InvalidOperationException("nothing is indicated here");

        public Task<int> AnsweredBy => _answered.Task;

        public void Complete(OffloadCompletion completion) =>
            _answered.TrySetResult(Environment.CurrentManagedThreadId);

        public void Indicate(OffloadIndication indication)
        {
        }
    }
}
