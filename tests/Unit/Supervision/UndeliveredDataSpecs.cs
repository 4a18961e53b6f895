using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Supervision;

/// <summary>Pieces of one stream come back in any order, some of them twice, and are one run again.</summary>
public sealed class UndeliveredDataSpecs
{
    private const int Length = 40;
    private static readonly byte[] Stream = [.. Enumerable.Range(0, Length).Select(i => (byte)(i * 7 + 1))];

    [Fact]
    public void Whatever_came_back_is_given_from_anywhere_up_to_the_first_hole() =>
        Gen.Select(Gen.Int[0, Length], Gen.Int[0, 15]).Array[0, 12].Always(pieces =>
        {
            var data = new UndeliveredData();
            bool[] covered = new bool[Length + 1];
            foreach ((int start, int count) in pieces)
            {
                int end = Math.Min(Length, start + count);
                data.Add(start, Stream.AsSpan(start..end));
                covered.AsSpan(start..end).Fill(true);
            }
            for (int from = 0; from <= Length; from++)
            {
                int end = Array.IndexOf(covered, false, from);
                data.From(from).ShouldBe(Stream[from..end], $"from {from}");
            }
        });

    [Fact]
    public void A_shorter_piece_takes_nothing_from_a_longer_one_at_the_same_place()
    {
        var data = new UndeliveredData();
        data.Add(5, Stream.AsSpan(5..20));
        data.Add(5, Stream.AsSpan(5..8));
        data.From(5).ShouldBe(Stream[5..20]);
    }

    [Fact]
    public void A_copy_is_kept()
    {
        byte[] buffer = [1, 2, 3];
        var data = new UndeliveredData();
        data.Add(1L << 40, buffer);
        buffer.AsSpan().Clear();
        data.From((1L << 40) + 1).ShouldBe([2, 3]);
        data.From(0).ShouldBeEmpty();
        new UndeliveredData().From(0).ShouldBeEmpty();
    }
}
