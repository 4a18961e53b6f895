using ChimneyActors.Buffers;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Buffers;

/// <summary>Data in segments, and the part of it that is in use (NBL-07 to NBL-09, NBL-16).</summary>
public sealed class NetBufferWindowSpecs
{
    private enum Move
    {
        Advance,
        Limit,
    }

    [Fact]
    public void It_is_a_window_on_its_bytes_whatever_segments_they_lie_in() =>
        Gen.Select(Gen.Int[0, 12].Array[1, 6], Gen.Select(Gen.Enum<Move>(), Gen.Int[-2, 40]).Array[0, 12])
            .Always((sizes, moves) =>
            {
                (NetBuffer buffer, byte[] bytes) = Make(sizes);
                int from = 0;
                int length = bytes.Length;
                ShouldShow(buffer, sizes, bytes, from, length);
                foreach ((Move move, int count) in moves)
                {
                    int most = move == Move.Advance ? length : bytes.Length - from;
                    Refuses(() => Do(buffer, move, count)).ShouldBe(count < 0 || count > most);
                    if (count >= 0 && count <= most)
                        (from, length) = move == Move.Advance ? (from + count, length - count) : (from, count);
                    ShouldShow(buffer, sizes, bytes, from, length);
                }
            });

    [Fact]
    public void An_advance_moves_offset_and_length_by_the_same_count()
    {
        (NetBuffer buffer, _) = Make([10]);
        buffer.Advance(3);
        buffer.Advance(4);
        (buffer.DataOffset, buffer.DataLength).ShouldBe((7, 3));
        buffer.Advance(3);
        (buffer.DataOffset, buffer.DataLength).ShouldBe((10, 0));
        buffer.PieceAt(0).IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    [InlineData(long.MaxValue)]
    public void An_advance_past_the_end_is_refused_and_moves_nothing(long bytes)
    {
        (NetBuffer buffer, _) = Make([10]);
        buffer.Advance(5);
        Should.Throw<ContractViolationException>(() => buffer.Advance(bytes)).Check
            .ShouldBe(VerifierCheck.ByteAccount);
        (buffer.DataOffset, buffer.DataLength).ShouldBe((5, 5));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    [InlineData(long.MaxValue)]
    public void No_more_is_in_use_than_there_is(long length)
    {
        (NetBuffer buffer, _) = Make([4, 6]);
        buffer.Advance(5);
        ContractViolationException wrong =
            Should.Throw<ContractViolationException>(() => buffer.SetDataLength(length));
        wrong.Check.ShouldBe(VerifierCheck.ByteAccount);
        wrong.Message.ShouldContain("outside 0..5");
        (buffer.DataOffset, buffer.DataLength).ShouldBe((5, 5));
        buffer.SetDataLength(0);
        buffer.SetDataLength(5);
        buffer.DataLength.ShouldBe(5);
    }

    [Fact]
    public void An_advance_frees_no_memory()
    {
        (NetBuffer buffer, byte[] bytes) = Make([3, 4]);
        Mdl first = buffer.MdlChain!;
        buffer.Advance(7);
        buffer.MdlChain.ShouldBeSameAs(first);
        byte[] kept = [.. first.Memory.Span, .. first.Next!.Memory.Span];
        kept.ShouldBe(bytes);
        first.Next.Next.ShouldBeNull();
    }

    [Fact]
    public void Without_a_first_segment_there_is_no_second()
    {
        var buffer = new NetBuffer();
        Should.Throw<InvalidOperationException>(() => buffer.Append(new byte[1]));
        buffer.Attach(new byte[1].AsMemory());
        buffer.Append(new byte[1]);
        buffer.Detach();
        (buffer.MdlChain, buffer.DataLength).ShouldBe((null, 0));
        buffer.PieceAt(0).IsEmpty.ShouldBeTrue();
        buffer.Attach(new byte[2].AsMemory());
        buffer.DataLength.ShouldBe(2);
        buffer.MdlChain!.Next.ShouldBeNull();
    }

    private static (NetBuffer Buffer, byte[] Bytes) Make(int[] sizes)
    {
        byte[] bytes = [.. Enumerable.Range(1, sizes.Sum()).Select(i => (byte)i)];
        var buffer = new NetBuffer();
        int at = 0;
        foreach (int size in sizes)
        {
            Memory<byte> segment = bytes.AsSpan(at, size).ToArray();
            if (buffer.MdlChain is null)
                buffer.Attach(segment);
            else
                buffer.Append(segment);
            at += size;
        }
        return (buffer, bytes);
    }

    private static void Do(NetBuffer buffer, Move move, int count)
    {
        if (move == Move.Advance)
            buffer.Advance(count);
        else
            buffer.SetDataLength(count);
    }

    private static bool Refuses(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (ContractViolationException refused)
        {
            return refused.Check == VerifierCheck.ByteAccount;
        }
    }

    /// <summary>From every position, up to the end of its segment or of the data.</summary>
    private static void ShouldShow(NetBuffer buffer, int[] sizes, byte[] bytes, int from, int length)
    {
        (buffer.DataOffset, buffer.DataLength).ShouldBe((from, length));
        for (int position = 0; position <= length; position++)
        {
            int segmentEnd = 0;
            foreach (int size in sizes.TakeWhile(_ => segmentEnd <= from + position))
                segmentEnd += size;
            int wanted = Math.Min(segmentEnd, from + length) - from - position;
            buffer.PieceAt(position).Span.ToArray()
                .ShouldBe(bytes.AsSpan(from + position, Math.Max(0, wanted)).ToArray());
        }
    }
}
