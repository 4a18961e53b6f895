using ChimneyActors.Contract;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

public sealed class NumberSpecs
{
    [Theory]
    [InlineData(0u, 0)]
    [InlineData(uint.MaxValue, 1)]
    [InlineData(uint.MaxValue - 10, 1_000_000)]
    [InlineData(0x7FFFFFFFu, int.MaxValue)]
    public void A_number_is_ahead_of_one_it_was_counted_from_even_past_the_wrap(uint start, int bytes)
    {
        var from = new SeqNumber(start);
        SeqNumber to = from + bytes;

        (to - from).ShouldBe(bytes);
        (from - to).ShouldBe(-bytes);
        (to > from).ShouldBe(bytes > 0);
        (from < to).ShouldBe(bytes > 0);
        (to >= from && from <= to).ShouldBeTrue();
        (to + -bytes).ShouldBe(from);
    }

    [Fact]
    public void Any_bit_that_turns_over_breaks_the_checksum()
    {
        Segment segment = new Segment(
            new SeqNumber(77), new SeqNumber(0xFFFF0000), SegmentFlags.Ack | SegmentFlags.Psh, 65_535,
            Pattern.Bytes(0, 33)).Sealed();
        segment.IsIntact.ShouldBeTrue();

        for (int bit = 0; bit < segment.Bits; bit++)
            segment.WithBitFlipped(bit).IsIntact.ShouldBeFalse();
    }

    [Fact]
    public void Syn_and_fin_take_room_in_the_sequence_space()
    {
        var segment = new Segment(default, default, SegmentFlags.Syn | SegmentFlags.Fin, 0, new byte[5]);
        segment.Length.ShouldBe(7);
    }
}
