using ChimneyActors.Buffers;
using CsCheck;

namespace ChimneyActors.Unit.Buffers;

/// <summary>A NET_BUFFER against a plain array (NBL-07, NBL-08, NBL-16).</summary>
public sealed class NetBufferSpecs
{
    [Fact]
    public void Any_segments_and_advances_read_like_one_array() => Gen.Select(
        Gen.Byte.Array[0, 9].Array[1, 5], Gen.Int[0, 12].Array[0, 6]).Sample((segments, steps) =>
        {
            var buffer = new NetBuffer();
            buffer.Attach(segments[0].AsMemory());
            foreach (byte[] segment in segments.Skip(1))
                buffer.Append(segment);
            byte[] model = [.. segments.SelectMany(segment => segment)];
            Read(buffer).ShouldBe(model);
            int offset = 0;
            foreach (int step in steps)
            {
                if (step > model.Length - offset)
                {
                    Should.Throw<ContractViolationException>(() => buffer.Advance(step));
                    continue;
                }
                buffer.Advance(step);
                offset += step;
                Read(buffer).ShouldBe(model[offset..]);
                (buffer.DataOffset + buffer.DataLength).ShouldBe(model.Length);
            }
        }, iter: 2000);

    [Fact]
    public void A_length_beyond_the_memory_is_refused()
    {
        var buffer = new NetBuffer();
        buffer.Attach(new byte[4].AsMemory());
        buffer.SetDataLength(2);
        Read(buffer).Length.ShouldBe(2);
        Should.Throw<ContractViolationException>(() => buffer.SetDataLength(5)).Check
            .ShouldBe(VerifierCheck.ByteAccount);
        Should.Throw<ContractViolationException>(() => buffer.Advance(-1));
    }

    private static byte[] Read(NetBuffer buffer)
    {
        var read = new List<byte>();
        for (long at = 0; at < buffer.DataLength;)
        {
            Memory<byte> piece = buffer.PieceAt(at);
            piece.Length.ShouldBeGreaterThan(0);
            read.AddRange(piece.Span);
            at += piece.Length;
        }
        buffer.PieceAt(buffer.DataLength).IsEmpty.ShouldBeTrue();
        return [.. read];
    }
}
