using ChimneyActors.Buffers;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

/// <summary>One at a time, and everybody in the end.</summary>
public sealed class LatchSpecs
{
    private Latch _latch;

    [Fact]
    public void One_is_inside_at_a_time_and_sees_what_the_last_one_did()
    {
        const int each = 50_000;
        int inside = 0;
        int most = 0;
        long sum = 0;
        Crowd.Once(4, _ =>
        {
            for (int i = 0; i < each; i++)
            {
                _latch.Enter();
                try
                {
                    most = Math.Max(most, ++inside);
                    sum++;
                    inside--;
                }
                finally
                {
                    _latch.Leave();
                }
            }
        });
        (most, sum).ShouldBe((1, 4L * each));
    }

    [Fact]
    public void Who_waits_comes_in_when_it_is_left()
    {
        _latch.Enter();
        int entered = 0;
        var waiting = new Thread(() =>
        {
            _latch.Enter();
            Volatile.Write(ref entered, 1);
            _latch.Leave();
        });
        waiting.Start();
        SpinWait.SpinUntil(() => (waiting.ThreadState & ThreadState.WaitSleepJoin) != 0);    // it gave its turn away
        Volatile.Read(ref entered).ShouldBe(0);
        _latch.Leave();
        waiting.Join();
        entered.ShouldBe(1);
    }
}
