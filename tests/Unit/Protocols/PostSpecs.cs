using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Protocols;

/// <summary>A post answers for itself until a list or the queue carries it; then no longer.</summary>
public sealed class PostSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly Ear _binding = new("tcpip");
    private readonly BindingConnection _connection;

    public PostSpecs() => _connection = new BindingConnection(_stack, _binding.Edge, new NoUser());

    [Theory]
    [InlineData(false, NdisStatus.UploadInProgress)]
    [InlineData(true, NdisStatus.RequestAborted)]
    public void A_chain_that_is_lost_answers_each_member_once(bool stopping, NdisStatus status)
    {
        HeardPost[] chain = Chain(3);
        if (stopping)
            _stack.BeginStop();
        chain[0].Lost();
        chain[0].Lost();
        foreach (HeardPost post in chain)
            post.Answers.ShouldBe([(status, 0)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_member_that_is_carried_is_answered_by_who_carries_it(int carried)
    {
        HeardPost[] chain = Chain(3);
        chain[carried].IsSafe = true;
        chain[0].Lost();
        chain.Select(post => post.Answers.Count).ShouldBe(Enumerable.Range(0, 3).Select(i => i == carried ? 0 : 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_lost_while_its_caller_posts_is_answered_when_he_has_left_his_lock(int members)
    {
        HeardPost[] chain = Chain(members);
        lock (_connection.PostLock)
        {
            chain[0].BeginPosting();
            chain[0].Lost();
            chain.ShouldAllBe(post => post.Answers.Count == 0);
            chain[0].EndPosting().ShouldBeTrue("it was lost meanwhile");
        }
        chain[0].Lost();

        chain.ShouldAllBe(post => post.Answers.Count == 1);
    }

    [Fact]
    public void What_is_lost_on_another_thread_is_answered_there()
    {
        HeardPost post = Chain(1)[0];
        lock (_connection.PostLock)
        {
            post.BeginPosting();
            var other = new Thread(post.Lost);
            other.Start();
            other.Join();
            post.Answers.Count.ShouldBe(1);
            post.EndPosting().ShouldBeFalse();
        }
    }

    [Fact]
    public void What_is_posted_from_within_another_post_is_answered_all_the_same()
    {
        HeardPost inner = Chain(1)[0];
        lock (_connection.PostLock)
        {
            lock (_connection.PostLock)
            {
                inner.BeginPosting();
                inner.Lost();
                inner.EndPosting().ShouldBeTrue();
            }
            inner.Lost();
            inner.Answers.Count.ShouldBe(1, "the lock is still held, but nobody comes back to it");
        }
    }

    [Fact]
    public void What_was_posted_well_is_not_lost()
    {
        HeardPost post = Chain(1)[0];
        post.BeginPosting();
        post.EndPosting().ShouldBeFalse();
        post.Answers.ShouldBeEmpty();
        post.Lost();
        post.Answers.Count.ShouldBe(1, "it dies in the binding's mailbox later");
    }

    [Fact]
    public void What_waits_in_the_queue_is_carried_by_the_queue()
    {
        HeardPost[] chain = Chain(2);
        var queue = new BindingQueue(_stack, _binding.Edge);
        queue.Add(chain[0]);
        chain[0].Lost();        // its message, with the binding that had it in hand
        chain.ShouldAllBe(post => post.Answers.Count == 0);

        queue.Refuse(null, NdisStatus.RequestAborted);
        chain.ShouldAllBe(post => post.Answers.Count == 1);
        queue.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Only_the_posts_of_one_connection_are_refused()
    {
        var other = new BindingConnection(_stack, _binding.Edge, new NoUser());
        var queue = new BindingQueue(_stack, _binding.Edge);
        HeardPost mine = new(_connection, OffloadOperation.Send);
        HeardPost theirs = new(other, OffloadOperation.Send);
        HeardPost receive = new(_connection, OffloadOperation.Receive);
        foreach (HeardPost post in (HeardPost[])[mine, theirs, receive])
            queue.Add(post);
        queue.Refuse(_connection, NdisStatus.RequestAborted);
        (mine.Answers.Count, theirs.Answers.Count, receive.Answers.Count).ShouldBe((1, 0, 1));
        (queue.First(0), queue.First(1), queue.IsEmpty).ShouldBe((theirs, null, false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Room_that_a_dead_binding_was_told_of_goes_to_the_next_who_waits(bool lives)
    {
        NetBufferList[] all = [.. Enumerable.Range(0, _stack.Settings.SendsMax).Select(_ => _stack.Sends.Rent(null)!)];
        var other = new Ear("other");
        new BindingQueue(_stack, _binding.Edge).Rent(OffloadOperation.Send, 1).ShouldBeNull();
        new BindingQueue(_stack, other.Edge).Rent(OffloadOperation.Send, 1).ShouldBeNull();
        if (!lives)
            _binding.Die();

        _stack.Sends.Return(all[0]).ShouldBeTrue();

        _binding.Heard.ShouldBe(lives ? [BindingQueue.RoomMessage] : []);
        other.Heard.ShouldBe(lives ? [] : [BindingQueue.RoomMessage]);
    }

    [Theory]
    [InlineData(OffloadOperation.Initiate, NdisStatus.Success, false, false)]
    [InlineData(OffloadOperation.Initiate, NdisStatus.Failure, false, true)]
    [InlineData(OffloadOperation.Terminate, NdisStatus.Success, false, true)]
    [InlineData(OffloadOperation.Terminate, NdisStatus.Failure, false, true)]
    [InlineData(OffloadOperation.Terminate, NdisStatus.Failure, true, false)]
    public async Task A_connection_that_is_over_gives_its_room_and_its_name_back(
        OffloadOperation operation, NdisStatus status, bool broughtHome, bool over)
    {
        ConnectionEntry entry = _stack.Handles.Add();
        _connection.Entry = entry;
        _stack.Disconnects.Reserve(2);
        var block = new OffloadBlock { Status = status };
        var post = new StatePost(_connection, operation, block);

        post.TryAnswer(new Landed(operation, status, 0, broughtHome, block)).ShouldBeTrue();

        (_stack.Handles.Find(entry.Handle) is null, entry.Ended).ShouldBe((over, over));
        (_stack.Disconnects.Rent(null) is null).ShouldBe(over);
        (await post.Done.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe(block);
    }

    [Fact]
    public void A_terminate_that_a_dead_binding_had_is_fetched_by_the_connection()
    {
        var connection = new Ear("connection");
        _connection.Entry = _stack.Handles.Add();
        _connection.Entry.Edge.PointAt(connection, connection.Holder);
        var post = new StatePost(_connection, OffloadOperation.Terminate, new OffloadBlock());

        post.Lost();
        post.Lost();

        connection.Heard.ShouldBe([LookAgain.Instance]);
        _connection.Leaving.ShouldBeTrue();
        _connection.Entry.FetchTerminate(connection.Holder).ShouldBe(post.Block);
        (post.Done.IsCompleted, _stack.Ledger.Posted, _stack.Blocks.Count).ShouldBe((false, 1, 1));
    }

    [Fact]
    public async Task An_initiate_that_is_lost_has_failed()
    {
        var post = new StatePost(_connection, OffloadOperation.Initiate, new OffloadBlock());
        post.Lost();
        await post.Done.WaitAsync(TimeSpan.FromSeconds(60));
        (post.Block.Status, post.Block.BroughtHome).ShouldBe((NdisStatus.Failure, true));
    }

    private HeardPost[] Chain(int members)
    {
        HeardPost[] chain =
            [.. Enumerable.Range(0, members).Select(_ => new HeardPost(_connection, OffloadOperation.Send))];
        for (int i = 1; i < members; i++)
            chain[i - 1].Next = chain[i];
        return chain;
    }

    private sealed class HeardPost(BindingConnection connection, OffloadOperation operation)
        : Post(connection, operation)
    {
        public List<(NdisStatus Status, long Bytes)> Answers { get; } = [];

        protected override void OnDone(NdisStatus status, long bytes) => Answers.Add((status, bytes));
    }

    private sealed class NoUser : IBindingUser
    {
        public long Offer(NetBufferList list, FlightId flight) => 0;

        public void PeerClosed()
        {
        }

        public void Aborted()
        {
        }

        public void UploadWanted(TcpUploadReason reason)
        {
        }

        public void SendBacklogChanged(long bytes)
        {
        }

        public void TakeBack(TcpUploadReason reason)
        {
        }
    }
}
