using ChimneyActors.Targets;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

public sealed class SendReckoningSpecs
{
    [Theory]
    [InlineData(100, false, 0, 100)]
    [InlineData(100, false, 40, 60)]
    [InlineData(100, false, 100, 0)]
    [InlineData(100, true, 0, 100)]      // everything, the FIN included
    [InlineData(100, true, 1, 100)]      // all data, the FIN not
    [InlineData(100, true, 41, 60)]
    [InlineData(0, true, 1, 0)]
    [InlineData(100, false, 130, -30)]   // an earlier owner's bytes are still on their way
    public void The_acknowledged_place_is_what_was_given_less_what_is_outstanding(
        long accepted, bool finSent, int outstanding, long expected) =>
        SendHalf.Reckon(accepted, finSent, outstanding).ShouldBe(expected);

    [Fact]
    public void The_wish_for_outstanding_bytes_grows_seldom_and_never_shrinks()
    {
        var backlog = default(SendBacklog);
        long said = 0;
        int times = 0;
        var random = new Random(7);
        for (int round = 0; round < 10_000; round++)
        {
            if (!backlog.Learn(random.Next(0, 4_000_000), out long bytes))
                continue;
            bytes.ShouldBeGreaterThan(said);
            said = bytes;
            times++;
        }

        times.ShouldBeInRange(1, 23);
    }
}
