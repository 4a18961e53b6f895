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

    [Fact]
    public void It_is_a_queue() =>
        Gen.Int[-30, 30].Array[0, 40].Always(steps =>
        {
            var queue = new LeanMessageQueue();
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
            }
        });

    [Fact]
    public void It_has_no_memory_before_the_first_message_and_gives_back_what_a_storm_took()
    {
        var queue = new LeanMessageQueue();
        Ring(queue).ShouldBeNull();
        Enqueue(queue, 0);
        Ring(queue)!.Length.ShouldBe(4);
        for (int i = 1; i < 1000; i++)
            Enqueue(queue, i);
        for (int i = 0; i < 1000; i++)
        {
            Ring(queue)!.Length.ShouldBe(1024);
            TryDequeue(queue).ShouldBe(i);
        }
        Ring(queue).ShouldBeNull();
        TryDequeue(queue).ShouldBeNull();
        Enqueue(queue, 1);
        TryDequeue(queue).ShouldBe(1);
    }

    [Fact]
    public void A_small_ring_is_kept_and_holds_nothing_that_was_taken()
    {
        var queue = new LeanMessageQueue();
        for (int i = 0; i < 64; i++)
            Enqueue(queue, i);
        for (int i = 0; i < 64; i++)
            TryDequeue(queue).ShouldBe(i);
        Ring(queue)!.Length.ShouldBe(64);
        Ring(queue)!.ShouldAllBe(envelope => envelope.Message == null);
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

    [Fact]
    public void A_message_told_while_the_owner_dies_is_taken_or_a_dead_letter_and_never_both()
    {
        foreach (Func<IMessageQueue> make in new Func<IMessageQueue>[]
            { () => new LeanMessageQueue(), () => new DriverMessageQueue() })
        {
            IMessageQueue queue = null!;
            var letters = new LeanMessageQueue();
            int taken = 0;
            Crowd.Rounds(4, 300,
                prepare: _ => (queue, taken) = (make(), 0),
                work: me =>
                {
                    for (int i = 0; me > 0 && i < 20; i++)
                        Enqueue(queue, me * 20 + i);
                    for (int i = 0; me == 0 && i < 10; i++)
                        taken += TryDequeue(queue) is null ? 0 : 1;
                    if (me == 0)
                        queue.CleanUp(ActorRefs.Nobody, letters);
                },
                check: round =>
                {
                    (taken + letters.Count).ShouldBe(60, $"round {round}");
                    queue.HasMessages.ShouldBeFalse();
                    while (TryDequeue(letters) is not null)
                    {
                    }
                });
        }
    }

    private static void Enqueue(IMessageQueue queue, int message) =>
        queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));

    private static int? TryDequeue(IMessageQueue queue) =>
        queue.TryDequeue(out Envelope envelope) ? (int)envelope.Message : null;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_ring")]
    private static extern ref Envelope[]? Ring(LeanMessageQueue queue);
}
