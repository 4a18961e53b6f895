using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Dispatch.MessageQueues;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Supervision;

/// <summary>The queues of the two mailboxes: first in, first out, and nothing lost when the owner dies.</summary>
public sealed class LeanMessageQueueSpecs
{
    public static TheoryData<IMessageQueue> Both => [new LeanMessageQueue(), new DriverMessageQueue()];

    public static TheoryData<Func<IMessageQueue>> Makers =>
        [() => new LeanMessageQueue(), () => new DriverMessageQueue()];

    [Theory]
    [MemberData(nameof(Makers))]
    public void It_is_a_queue(Func<IMessageQueue> make) =>
        Gen.Int[-30, 30].Array[0, 40].Always(steps =>
        {
            IMessageQueue queue = make();
            var model = new Queue<int>();
            int next = 0;
            foreach (int step in steps)
            {
                for (int i = 0; i < step; i++, next++)
                {
                    Enqueue(queue, next);
                    model.Enqueue(next);
                }
                for (int i = step; i < 0; i++)
                    TryDequeue(queue).ShouldBe(model.TryDequeue(out int head) ? head : null);
                (queue.Count, queue.HasMessages).ShouldBe((model.Count, model.Count > 0));
                ((IPeekable)queue).TryPeek(out object? oldest).ShouldBe(model.Count > 0);
                oldest.ShouldBe(model.TryPeek(out int first) ? first : null);
            }
        });

    [Fact]
    public void It_has_no_memory_before_the_second_message_and_gives_back_what_a_storm_took()
    {
        var queue = new LeanMessageQueue();
        queue.Room.ShouldBe(0);
        Enqueue(queue, 0);
        queue.Room.ShouldBe(0);
        Enqueue(queue, 1);
        queue.Room.ShouldBe(4);
        for (int i = 2; i < 1000; i++)
            Enqueue(queue, i);
        for (int i = 0; i < 1000; i++)
        {
            queue.Room.ShouldBe(1024);
            TryDequeue(queue).ShouldBe(i);
        }
        queue.Room.ShouldBe(0);
        TryDequeue(queue).ShouldBeNull();
        Enqueue(queue, 1);
        Enqueue(queue, 2);
        queue.Room.ShouldBe(1000, "room for another storm");
        TryDequeue(queue).ShouldBe(1);
        TryDequeue(queue).ShouldBe(2);
        queue.Room.ShouldBe(0, "and none came");
        Enqueue(queue, 3);
        Enqueue(queue, 4);
        queue.Room.ShouldBe(4);
    }

    [Fact]
    public void One_message_at_a_time_needs_no_memory()
    {
        var queue = new LeanMessageQueue();
        for (int i = 0; i < 1000; i++)
        {
            Enqueue(queue, i);
            TryDequeue(queue).ShouldBe(i);
            queue.Room.ShouldBe(0);
        }
    }

    [Fact]
    public void What_was_taken_is_held_no_longer()
    {
        var queue = new LeanMessageQueue();
        WeakReference[] messages = Pass(queue, 64);
        GC.Collect();
        messages.ShouldAllBe(message => !message.IsAlive);
        queue.Room.ShouldBe(64);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Of_many_producers_each_keeps_its_order_and_none_loses_a_message(IMessageQueue queue)
    {
        const int each = 5000;
        int[] got = new int[3];
        Crowd.Once(4, me =>
        {
            for (int i = 0; me > 0 && i < each; i++)
                Enqueue(queue, (me - 1) * each + i);
            for (int taken = 0; me == 0 && taken < 3 * each;)
                if (TryDequeue(queue) is { } message)
                {
                    (message % each).ShouldBe(got[message / each]++);
                    taken++;
                }
        });
        got.ShouldBe([each, each, each]);
        queue.HasMessages.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void After_the_owners_death_everything_is_a_dead_letter(IMessageQueue queue)
    {
        var letters = new LeanMessageQueue();
        for (int i = 0; i < 10; i++)
            Enqueue(queue, i);
        queue.CleanUp(ActorRefs.Nobody, letters);
        Enqueue(queue, 10);
        (queue.Count, letters.Count).ShouldBe((0, 11));
        for (int i = 0; i <= 10; i++)
            TryDequeue(letters).ShouldBe(i);
    }

    [Theory]
    [MemberData(nameof(Makers))]
    public void A_message_told_while_the_owner_dies_is_taken_or_a_dead_letter_and_never_both(
        Func<IMessageQueue> make)
    {
        const int each = 20;
        IMessageQueue queue = null!;
        var letters = new UnboundedMessageQueue();
        var got = new List<int>();
        Crowd.Rounds(4, 2000,
            prepare: _ => queue = make(),
            work: me =>
            {
                for (int i = 0; me > 0 && i < each; i++)
                    Enqueue(queue, (me - 1) * each + i);
                for (int i = 0; me == 0 && i < 10; i++)
                    if (TryDequeue(queue) is { } message)
                        got.Add(message);
                if (me == 0)
                    queue.CleanUp(ActorRefs.Nobody, letters);
            },
            check: round =>
            {
                while (TryDequeue(letters) is { } late)
                    got.Add(late);
                got.Order().ShouldBe(Enumerable.Range(0, 3 * each), $"round {round}");
                (queue.HasMessages, queue.Count).ShouldBe((false, 0));
                got.Clear();
            });
    }

    /// <summary>Akka wakes a reader only if it is seen at rest, and the reader goes to rest only if it sees no
    /// message: with a store of the teller still on its way, each missed the other.</summary>
    [Theory]
    [MemberData(nameof(Makers))]
    public void Either_the_teller_sees_the_reader_at_rest_or_the_reader_sees_the_message(Func<IMessageQueue> make)
    {
        const int rounds = 300_000;
        IMessageQueue queue = make();
        int atRest = 0;
        var turns = new int[2 * 16];     // one cache line apart
        bool[] saw = new bool[2];
        int missed = 0;
        int wrong = 0;      // counted, not thrown: the other one would wait for ever
        Crowd.Once(2, me =>
        {
            for (int round = 1; round <= rounds; round++)
            {
                Meet(turns, me, 2 * round - 1);
                if (me == 0)
                {
                    Enqueue(queue, round);
                    saw[0] = Volatile.Read(ref atRest) == 1;
                }
                else
                {
                    for (int i = round % 40; i > 0; i--)
                        Thread.SpinWait(0);     // a little later each round
                    Interlocked.Exchange(ref atRest, 1);
                    saw[1] = queue.HasMessages;
                }
                Meet(turns, me, 2 * round);
                if (me == 0)
                    continue;
                if (!saw[0] && !saw[1])
                    missed++;
                if (TryDequeue(queue) != round)
                    wrong++;
                atRest = 0;
            }
        });
        (missed, wrong).ShouldBe((0, 0));
    }

    private static void Meet(int[] turns, int me, int turn)
    {
        Volatile.Write(ref turns[me * 16], turn);
        var spin = default(SpinWait);
        while (Volatile.Read(ref turns[(1 - me) * 16]) < turn)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Pass(LeanMessageQueue queue, int count)
    {
        object[] messages = [.. Enumerable.Range(0, count).Select(_ => new object())];
        foreach (object message in messages)
            queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));
        foreach (object message in messages)
        {
            queue.TryDequeue(out Envelope envelope).ShouldBeTrue();
            envelope.Message.ShouldBeSameAs(message);
        }
        return [.. messages.Select(message => new WeakReference(message))];
    }

    private static void Enqueue(IMessageQueue queue, int message) =>
        queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));

    private static int? TryDequeue(IMessageQueue queue) =>
        queue.TryDequeue(out Envelope envelope) ? (int)envelope.Message : null;
}
