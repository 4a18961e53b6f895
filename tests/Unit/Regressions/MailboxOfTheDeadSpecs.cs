using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A message that was put into a mailbox after it had been emptied into the dead letters was lost without a
/// trace: <c>stress --connections 1000 --requests 200000 --faults 0.01 --crashes 0.001 --seed 1</c>, one in some
/// millions.</summary>
public sealed class MailboxOfTheDeadSpecs
{
    public static TheoryData<Func<IMessageQueue>> Queues =>
        [() => new DriverMessageQueue(), () => new LeanMessageQueue()];

    [Theory]
    [MemberData(nameof(Queues))]
    public void What_comes_too_late_goes_to_the_dead_letters(Func<IMessageQueue> make)
    {
        IMessageQueue queue = make();
        var dead = new UnboundedMessageQueue();
        queue.Enqueue(ActorRefs.Nobody, new Envelope("before", ActorRefs.Nobody));
        queue.CleanUp(ActorRefs.Nobody, dead);
        queue.Enqueue(ActorRefs.Nobody, new Envelope("after", ActorRefs.Nobody));
        queue.HasMessages.ShouldBeFalse();
        Drain(dead).ShouldBe(["before", "after"]);
    }

    [Theory]
    [MemberData(nameof(Queues))]
    public void What_waited_goes_to_the_dead_letters_though_nothing_comes_after_it(Func<IMessageQueue> make)
    {
        IMessageQueue queue = make();
        var dead = new UnboundedMessageQueue();
        queue.Enqueue(ActorRefs.Nobody, new Envelope("one", ActorRefs.Nobody));
        queue.Enqueue(ActorRefs.Nobody, new Envelope("two", ActorRefs.Nobody));
        queue.CleanUp(ActorRefs.Nobody, dead);
        (queue.Count, queue.HasMessages).ShouldBe((0, false));
        Drain(dead).ShouldBe(["one", "two"]);
    }

    [Theory]
    [MemberData(nameof(Queues))]
    public async Task Nothing_is_lost_or_doubled_by_tells_that_race_a_death(Func<IMessageQueue> make)
    {
        const int tellers = 4;
        const int messages = 2000;
        for (int round = 0; round < 20; round++)
        {
            IMessageQueue queue = make();
            var dead = new UnboundedMessageQueue();
            using var start = new Barrier(tellers + 1);
            Task[] telling = [.. Enumerable.Range(0, tellers).Select(teller => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                for (int i = 0; i < messages; i++)
                    queue.Enqueue(ActorRefs.Nobody, new Envelope((teller * messages) + i, ActorRefs.Nobody));
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            start.SignalAndWait();
            while (queue.Count < messages)
                Thread.Yield();
            queue.CleanUp(ActorRefs.Nobody, dead);
            await Task.WhenAll(telling);
            Drain(dead).Cast<int>().Order().ShouldBe(Enumerable.Range(0, tellers * messages));
        }
    }

    private static List<object> Drain(UnboundedMessageQueue queue)
    {
        var messages = new List<object>();
        while (queue.TryDequeue(out Envelope envelope))
            messages.Add(envelope.Message);
        return messages;
    }
}
