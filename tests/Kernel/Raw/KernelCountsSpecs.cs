using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

/// <summary>The kernel counts the segments of a socket in 32 bits; the sum over sockets has 64.</summary>
public sealed class KernelCountsSpecs
{
    private KernelCounts _ended;
    private KernelCounts _last;
    private KernelCounts _wrapped;

    [Fact]
    public void A_socket_that_begins_to_count_anew_does_not_take_anything_off_the_sum()
    {
        _ended.Begin(Socket(4_294_967_000, 100));
        Look(Socket(4_294_967_200, 4_294_967_290)).ShouldBe((200, 4_294_967_190));

        Look(Socket(50, 10)).ShouldBe((346, 4_294_967_206), "both have begun anew");
        Look(Socket(60, 20)).ShouldBe((356, 4_294_967_216), "once is enough");
        _ended.End(Socket(70, 30));

        Look().ShouldBe((366, 4_294_967_226), "it has ended, and still counts");
        _ended.Begin(Socket(5, 5));
        Look(Socket(7, 6)).ShouldBe((368, 4_294_967_227));
    }

    [Fact]
    public void Several_may_begin_anew_between_two_looks()
    {
        _ended.Begin(default);
        _ended.Begin(default);
        Look(Socket(4_294_967_000, 0), Socket(4_294_967_100, 0)).ShouldBe((8_589_934_100, 0));
        Look(Socket(4, 0), Socket(104, 0)).ShouldBe((8_589_934_700, 0));
    }

    [Fact]
    public void However_much_there_is_between_two_looks_it_counts_while_no_socket_begins_anew()
    {
        var all = new TcpInfo[4];
        foreach (TcpInfo socket in all)
            _ended.Begin(socket);
        Look(all).ShouldBe((0, 0));
        Array.Fill(all, Socket(4_000_000_000, 1));
        Look(all).ShouldBe((16_000_000_000, 4));
    }

    [Fact]
    public void A_sum_that_goes_down_a_little_is_left_alone()
    {
        _ended.Begin(default);
        Look(Socket(10, 10)).ShouldBe((10, 10));
        Look(Socket(10, 9)).ShouldBe((10, 9), "a repeat was counted that could not be sent");
    }

    private (long In, long Out) Look(params TcpInfo[] living)
    {
        KernelCounts now = _ended;
        foreach (TcpInfo socket in living)
            now.Look(socket);
        now.Unwrap(_last, ref _wrapped);
        _last = now;
        Ndis.TcpOffloadStatistics told = now.Since(default);
        return ((long)told.InSegments!, (long)told.OutSegments!);
    }

    private static TcpInfo Socket(uint segmentsIn, uint segmentsOut) =>
        new() { SegmentsIn = segmentsIn, SegmentsOut = segmentsOut };
}
