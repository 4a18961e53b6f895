using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>The two buffers of an engine, and the window over the second.</summary>
public sealed class BufferSpecs
{
    [Fact]
    public void A_queue_copies_from_anywhere_and_forgets_what_was_released()
    {
        var queue = new SendQueue();
        for (int piece = 1; piece <= 200; piece++)
            queue.Add(Pattern.Bytes(queue.End, piece), push: piece % 2 == 0);
        queue.End.ShouldBe(20_100);

        for (long start = 0; start < queue.End; start += 37)
        {
            queue.Release(start);
            Pattern.Check(queue.Copy(start, (int)Math.Min(500, queue.End - start)), start);
            Should.Throw<ArgumentOutOfRangeException>(() => queue.Copy(start - 1, 1));
        }

        queue.Release(queue.End + 5);
        queue.Start.ShouldBe(queue.End);
        queue.Copy(queue.End, 0).ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_end_of_a_pushed_piece_is_pushed()
    {
        var queue = new SendQueue();
        queue.Add(new byte[10], push: true);
        queue.Add(new byte[10], push: false);
        queue.Add(new byte[10], push: true);

        Enumerable.Range(0, 32).Where(end => queue.IsPushed(end)).ShouldBe([10, 30]);
    }

    [Fact]
    public void In_any_order_and_overlapping_bytes_come_out_in_order_once()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var chance = new SeededChance(seed);
            var arrived = new Reassembly(1_000);
            var into = new byte[300];
            long read = 0;
            for (int turn = 0; turn < 5_000 && read < 3_000; turn++)
            {
                chance.Hits(1, out double where);
                chance.Hits(1, out double size);
                chance.Hits(1, out double take);
                long offset = Math.Max(0, arrived.Next - 200 + (long)(where * 1_400));
                arrived.Insert(offset, Pattern.Bytes(offset, 1 + (int)(size * 300)));
                (arrived.Next - arrived.Read).ShouldBeInRange(0, 1_000);
                int length = arrived.Take(into.AsSpan(0, (int)(take * 300)));
                Pattern.Check(into.AsSpan(0, length), read);
                read += length;
            }

            read.ShouldBeGreaterThanOrEqualTo(3_000);
        }
    }

    [Fact]
    public void What_was_there_already_is_nothing_new()
    {
        var arrived = new Reassembly(100);
        arrived.Insert(0, new byte[10]).ShouldBeTrue();
        arrived.Insert(20, new byte[10]).ShouldBeTrue();
        arrived.HasGap.ShouldBeTrue();
        arrived.Insert(22, new byte[5]).ShouldBeFalse();
        arrived.Insert(0, new byte[10]).ShouldBeFalse();
        arrived.Insert(100, new byte[10]).ShouldBeFalse();
        arrived.Insert(10, new byte[10]).ShouldBeTrue();
        arrived.Next.ShouldBe(30);
        arrived.HasGap.ShouldBeFalse();
    }

    [Theory]
    [InlineData(10, 0, 50, 50, true)]       // no room: only the next number without data
    [InlineData(10, 0, 49, 50, false)]
    [InlineData(50, 1, 50, 50, false)]
    [InlineData(100, 0, 50, 50, true)]
    [InlineData(100, 0, 99, 50, true)]
    [InlineData(100, 0, 100, 50, false)]
    [InlineData(100, 10, 40, 50, false)]
    [InlineData(100, 11, 40, 50, true)]
    [InlineData(100, 500, 99, 50, true)]
    [InlineData(100, 1, 100, 50, false)]
    public void A_segment_is_acceptable_if_it_touches_the_window(
        long right, int length, long seq, long next, bool acceptable) =>
        new ReceiveWindow(10, right).Accepts(seq, length, next).ShouldBe(acceptable);

    [Fact]
    public void A_window_grows_by_a_segment_or_not_at_all_and_never_shrinks()
    {
        var arrived = new Reassembly(1_000);
        var window = new ReceiveWindow(100, 1_000);
        arrived.Insert(0, new byte[500]);
        window.Offer(arrived, 500).ShouldBe(500);
        arrived.Take(new byte[99]);
        window.Offer(arrived, 500).ShouldBe(500);
        arrived.Take(new byte[1]);
        window.IsWorthTelling(arrived).ShouldBeTrue();
        window.Offer(arrived, 500).ShouldBe(600);
        window.Right.ShouldBe(1_100);
    }
}
