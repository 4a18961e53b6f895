using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Raw segments through a whole stack.</summary>
public sealed class ForwardSpecs : StackSpec
{
    internal override string Settings => "chimney.pools.forwards-max = 2";

    internal static byte[] Segment(int payload = 0, byte number = 0)
    {
        byte[] segment = [.. new byte[20 + payload]];
        (segment[7], segment[12]) = (number, 5 << 4);
        return segment;
    }

    [Fact]
    public async Task A_chain_goes_down_three_layers_and_each_is_answered_in_order()
    {
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task<NdisStatus>[] answers = connection.ForwardAsync(Segment(10), Segment());
        await Until(() => Target.Submitted.OfType<TcpOffloadForward>().Any());
        Flight flight = Target.Submitted.OfType<TcpOffloadForward>().Single().Flight;
        (flight.Count, ((NetBufferList)flight.Head).DataLength, flight.Head.Frames.Depth).ShouldBe((2, 30, 3));

        Target[connection.Handle].Process(1);
        (await Within(answers[0])).ShouldBe(NdisStatus.Success);
        answers[1].IsCompleted.ShouldBeFalse();
        Target[connection.Handle].Process();
        (await Within(answers[1])).ShouldBe(NdisStatus.Success);

        Target.IsAutomatic = true;
        await Within(connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task What_found_no_room_waits_and_no_send_waits_behind_it()
    {
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task<NdisStatus>[] answers = connection.ForwardAsync(Segment(), Segment(), Segment(), Segment());
        Task<SendResult> send = connection.SendAsync(new byte[3]).AsTask();
        await Until(() => Target.Submitted.OfType<TcpOffloadSend>().Any());
        Target[connection.Handle].Run();
        (await Within(send)).Status.ShouldBe(NdisStatus.Success);
        Target.Submitted.OfType<TcpOffloadForward>().Sum(forward => forward.Flight.Count).ShouldBe(2);

        Target.IsAutomatic = true;
        Target[connection.Handle].Process();
        (await Within(Task.WhenAll(answers))).ShouldAllBe(status => status == NdisStatus.Success);
        await Within(connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(19)]
    [InlineData(24)]
    public async Task What_is_no_segment_is_refused_where_it_is_asked_for(int length)
    {
        OffloadedConnection connection = await OffloadAsync();
        var wrong = new byte[length];
        if (length > 12)
            wrong[12] = 7 << 4;
        ArgumentException refused = Should.Throw<ArgumentException>(() => connection.ForwardAsync(Segment(), wrong));
        refused.Message.ShouldStartWith($"Segment 1 has {length} bytes and is no TCP segment: it must begin with a TCP "
            + "header of at least 20 bytes, as long as its data offset says (NBL-04).");
        Should.Throw<ArgumentOutOfRangeException>(() => connection.ForwardAsync());
        await Within(connection.DisposeAsync().AsTask());
        Target.Submitted.OfType<TcpOffloadForward>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Behind_a_terminate_segments_are_left_to_the_host()
    {
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task<NdisStatus> first = connection.ForwardAsync(Segment())[0];
        await Until(() => Target.Submitted.OfType<TcpOffloadForward>().Any());
        Task<UploadResult> upload = connection.UploadAsync();
        Task<NdisStatus> late = connection.ForwardAsync(Segment())[0];

        (await Within(first)).ShouldBe(NdisStatus.UploadInProgress);
        (await Within(late)).ShouldBe(NdisStatus.UploadInProgress);
        OffloadedConnection.Release(await Within(upload));
        Target.Submitted.OfType<TcpOffloadForward>().Count().ShouldBe(1);
    }

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "tcpip", "mux1", "mux0", "connection");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_wherever_each_is_answered_once(string driver, CrashStep step)
    {
        for (int visit = 0; visit < 20; visit++)
        {
            OffloadedConnection connection = await OffloadAsync();
            Crashes.Arm(driver, step, visit);
            Task<NdisStatus>[] answers =
                [.. connection.ForwardAsync(Segment(), Segment()), .. connection.ForwardAsync(Segment())];
            string what = $"{driver} {step} {visit}";
            (await Named(what, Task.WhenAll(answers))).ShouldAllBe(
                status => status == NdisStatus.Success || status == NdisStatus.UploadInProgress, what);
            OffloadedConnection.Release(await Named($"{what} upload", connection.UploadAsync()));
            bool crashed = Crashes.HasCrashed;
            Crashes.Disarm();
            if (!crashed)
                break;
        }
        Chimney.Connections.ShouldBe(0);
    }
}
