using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

public sealed class AckWheelSpecs
{
    private const long TicksPerSecond = 1_000_000;   // a tick is a microsecond
    private const long Longest = 100_000;

    private readonly AckWheel _wheel = new(TicksPerSecond);

    [Fact]
    public void Nobody_waiting_means_never()
    {
        _wheel.NextDue.ShouldBe(AckWheel.Never);
        _wheel.TakeDue(long.MaxValue).ShouldBeNull();
    }

    [Fact]
    public void Pauses_double_from_100_microseconds_up_to_100_milliseconds()
    {
        var waiter = new Waiter();
        long now = 5_000;
        _wheel.Begin(waiter, now);

        var pauses = new List<long>();
        for (int question = 0; question < 14; question++)
        {
            long due = _wheel.NextDue;
            pauses.Add(due - now);
            _wheel.TakeDue(due - 1).ShouldBeNull();
            _wheel.TakeDue(due).ShouldBeSameAs(waiter);
            now = due;
            _wheel.Continue(waiter, now);
        }

        pauses.ShouldBe(
        [
            100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, Longest, Longest, Longest, Longest,
        ]);
    }

    [Fact]
    public void Progress_starts_again_with_the_shortest_pause()
    {
        var waiter = new Waiter();
        _wheel.Begin(waiter, 0);
        for (int question = 0; question < 6; question++)
            _wheel.Continue(waiter, 0);

        _wheel.Begin(waiter, 1_000);

        _wheel.NextDue.ShouldBe(1_100);
        _wheel.Waiting.ShouldBe(1);
    }

    [Fact]
    public void A_stream_of_sends_does_not_put_the_question_off()
    {
        var waiter = new Waiter();
        for (long now = 0; now < 100; now += 10)
            _wheel.Begin(waiter, now);

        _wheel.NextDue.ShouldBe(100);
    }

    [Fact]
    public void Ending_is_possible_at_the_head_in_the_middle_at_the_tail_and_twice()
    {
        Waiter[] waiters = [new(), new(), new(), new()];
        foreach (Waiter waiter in waiters)
            _wheel.Begin(waiter, 0);

        _wheel.End(waiters[1]);
        _wheel.End(waiters[0]);
        _wheel.End(waiters[3]);
        _wheel.End(waiters[3]);

        _wheel.Waiting.ShouldBe(1);
        _wheel.TakeDue(100).ShouldBeSameAs(waiters[2]);
        _wheel.NextDue.ShouldBe(AckWheel.Never);
    }

    [Fact]
    public void Agrees_with_a_plain_list_over_many_random_steps()
    {
        var random = new Random(20251123);
        Waiter[] waiters = [.. Enumerable.Range(0, 200).Select(static _ => new Waiter())];
        var model = new Dictionary<Waiter, (long Due, int Step)>();
        long now = 0;

        for (int step = 0; step < 50_000; step++)
        {
            now += random.Next(0, 40);
            Waiter waiter = waiters[random.Next(waiters.Length)];
            switch (random.Next(4))
            {
                case 0:
                    _wheel.Begin(waiter, now);
                    if (!model.TryGetValue(waiter, out var old) || old.Step != 0)
                        model[waiter] = (now + 100, 0);
                    break;
                case 1:
                    _wheel.End(waiter);
                    model.Remove(waiter);
                    break;
                default:
                    TakeAllDue(model, now);
                    break;
            }

            _wheel.Waiting.ShouldBe(model.Count);
            long next = model.Count == 0 ? AckWheel.Never : model.Values.Min(static entry => entry.Due);
            _wheel.NextDue.ShouldBe(next);
        }
    }

    [Fact]
    public void Waiting_allocates_nothing()
    {
        var waiter = new Waiter();
        Turn(waiter, 10);
        const int Times = 10_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Turn(waiter, Times);
        long after = GC.GetAllocatedBytesForCurrentThread();

        // The smallest object has 24 bytes; what the runtime itself allocates here, once, to compile, is not a wait's.
        (after - before).ShouldBeLessThan(Times);
    }

    private void Turn(Waiter waiter, int times)
    {
        for (int turn = 0; turn < times; turn++)
        {
            _wheel.Begin(waiter, turn);
            _wheel.TakeDue(_wheel.NextDue);
            _wheel.Continue(waiter, turn);
            _wheel.End(waiter);
        }
    }

    private void TakeAllDue(Dictionary<Waiter, (long Due, int Step)> model, long now)
    {
        while (_wheel.TakeDue(now) is Waiter due)
        {
            (long dueAt, int step) = model[due];
            dueAt.ShouldBeLessThanOrEqualTo(now);
            _wheel.Continue(due, now);
            step = Math.Min(step + 1, 10);
            model[due] = (now + Math.Min(100L << step, Longest), step);
        }

        model.Values.ShouldAllBe(entry => entry.Due > now);
    }

    private sealed class Waiter : AckWaiter;
}
