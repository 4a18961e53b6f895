using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Supervision;

/// <summary>The small parts that remember something: budgets, names, parks, mailboxes.</summary>
public sealed class BookkeepingSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Restarts_back_off_and_run_out_and_come_back_with_time()
    {
        var budget = new RestartBudget(4, 10 * Second, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(150));
        budget.NextStart(Second).ShouldBe(TimeSpan.Zero);
        budget.NextStart(Second).ShouldBe(TimeSpan.FromMilliseconds(100));
        budget.NextStart(Second).ShouldBe(TimeSpan.FromMilliseconds(150));
        budget.NextStart(2 * Second).ShouldBe(TimeSpan.FromMilliseconds(150));
        budget.NextStart(3 * Second).ShouldBeNull();
        budget.NextStart(11 * Second).ShouldBeNull();
        budget.NextStart(11.5 * Second).ShouldBe(TimeSpan.FromMilliseconds(100));
        new RestartBudget(0, Second, Second, Second).NextStart(Second).ShouldBeNull();
    }

    [Fact]
    public void A_handle_of_an_ended_connection_finds_nothing_even_when_its_slot_is_used_again()
    {
        var table = new HandleTable();      // TERM-29
        ConnectionEntry first = table.Add();
        table.Find(first.Handle).ShouldBe(first);
        table.Remove(first);
        table.Remove(first);
        ConnectionEntry second = table.Add();
        second.Handle.Slot.ShouldBe(first.Handle.Slot);
        table.Find(first.Handle).ShouldBeNull();
        table.Find(second.Handle).ShouldBe(second);
        table.Find(OffloadHandle.None).ShouldBeNull();
        table.Count.ShouldBe(1);
    }

    [Fact]
    public void Many_threads_get_names_of_their_own()
    {
        var table = new HandleTable();
        var alive = new ConcurrentDictionary<OffloadHandle, ConnectionEntry>();
        Parallel.For(0, 4, thread =>
        {
            for (int i = 0; i < 2000; i++)
            {
                ConnectionEntry entry = table.Add();
                alive.TryAdd(entry.Handle, entry).ShouldBeTrue();
                table.Find(entry.Handle).ShouldBe(entry);
                if (i % 3 != 0)
                    table.Remove(entry);
            }
        });
        table.All().Count().ShouldBe(table.Count);
        table.Count.ShouldBe(4 * 667);
    }

    [Fact]
    public void A_park_keeps_its_order_whoever_leaves_from_where() => Gen.Int[0, 9].Array[0, 30].Sample(leavers =>
    {
        var pool = new NetBufferListPool("spec", 10, 0, new RecordingVerifier());
        var park = new Holdings();
        NetBufferList[] lists = [.. Enumerable.Range(0, 10).Select(_ => pool.Rent(null)!)];
        var model = new List<NetBufferList>();
        foreach (int who in leavers)
            if (model.Remove(lists[who]))
            {
                park.Remove(lists[who]).ShouldBeTrue();
            }
            else
            {
                park.Remove(lists[who]).ShouldBeFalse();
                park.Park(lists[who]);
                model.Add(lists[who]);
            }
        park.Count.ShouldBe(model.Count);
        var found = new List<Parcel>();
        for (Parcel? parcel = park.First; parcel is not null; parcel = parcel.ParkedNext)
            found.Add(parcel);
        found.ShouldBe(model);
    }, iter: 500);

    [Fact]
    public void Bytes_that_come_back_in_any_order_are_one_run_again() => Gen.Select(
        Gen.Int[1, 5].Array[1, 8], Gen.Int[0, 1000], Gen.Int[0, 40]).Sample((lengths, seed, from) =>
        {
            byte[] all = [.. Enumerable.Range(0, lengths.Sum()).Select(i => (byte)i)];
            var pieces = new List<(int Offset, int Length)>();
            int at = 0;
            foreach (int length in lengths)
            {
                pieces.Add((at, length));
                at += length;
            }
            var data = new UndeliveredData();
            foreach ((int offset, int length) in pieces.OrderBy(piece => (piece.Offset * 7919 + seed) % 31))
                data.Add(100 + offset, all.AsSpan(offset, length));
            data.From(100 + from).ShouldBe(from >= all.Length ? [] : all[from..]);
            data.From(99).ShouldBeEmpty();      // a hole in front: nothing behind it may be handed over
        }, iter: 500);

    [Fact]
    public void The_lean_mailbox_keeps_order_and_loses_nothing_when_it_is_cleaned_up_under_load()
    {
        const int PerThread = 5000;
        var queue = new LeanMessageQueue();
        var dead = new LeanMessageQueue();
        Thread[] producers = [.. Enumerable.Range(0, 3).Select(thread => new Thread(() =>
        {
            for (int i = 0; i < PerThread; i++)
                queue.Enqueue(ActorRefs.Nobody, new Envelope((thread, i), ActorRefs.NoSender));
        }))];
        foreach (Thread producer in producers)
            producer.Start();
        var seen = new List<(int Thread, int Number)>();
        while (seen.Count < PerThread)
            if (queue.TryDequeue(out Envelope envelope))
                seen.Add(((int, int))envelope.Message);
        queue.CleanUp(ActorRefs.Nobody, dead);
        foreach (Thread producer in producers)
            producer.Join(TimeSpan.FromSeconds(30)).ShouldBeTrue();
        queue.HasMessages.ShouldBeFalse();
        while (dead.TryDequeue(out Envelope envelope))
            seen.Add(((int, int))envelope.Message);
        seen.Count.ShouldBe(3 * PerThread);
        seen.Distinct().Count().ShouldBe(3 * PerThread);
        for (int thread = 0; thread < 3; thread++)
            seen.Take(PerThread).Where(item => item.Thread == thread).Select(item => item.Number)
                .ShouldBeInOrder();
    }

    [Theory]
    [InlineData(OffloadOperation.Initiate, true, NdisStatus.Failure)]
    [InlineData(OffloadOperation.Terminate, true, NdisStatus.Failure)]
    [InlineData(OffloadOperation.Send, true, NdisStatus.UploadInProgress)]
    [InlineData(OffloadOperation.Send, false, NdisStatus.RequestAborted)]
    [InlineData(OffloadOperation.Receive, false, NdisStatus.RequestAborted)]
    [InlineData(OffloadOperation.Disconnect, true, NdisStatus.UploadInProgress)]
    [InlineData(OffloadOperation.ReceiveIndicate, true, NdisStatus.OffloadDataNotAccepted)]
    public void What_the_custodian_says_is_a_status_of_the_operation(
        OffloadOperation operation, bool isGood, NdisStatus status) =>
        FailurePolicy.StatusOf(operation, isGood).ShouldBe(status);
}
