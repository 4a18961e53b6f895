using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>What the host does with raw segments: processes them, keeps them, or forwards them.</summary>
public sealed class OrdinaryPathSpecs : StackSpec
{
    private readonly List<byte> _processed = [];
    private readonly OrdinaryPath _path;

    public OrdinaryPathSpecs() => _path = new OrdinaryPath(segment => _processed.Add(segment.Span[7]));

    private IEnumerable<byte> Forwarded => Target.Submitted.OfType<TcpOffloadForward>()
        .Select(forward => ((NetBufferList)forward.Flight.Head).FirstNetBuffer.PieceAt(7).Span[0]);

    [Fact]
    public async Task While_the_host_has_the_connection_it_processes_them_itself()
    {
        Arrive(1, 2);
        _processed.ShouldBe([1, 2]);
        OffloadedConnection connection = await OffloadAsync();
        Arrive(3);
        _processed.ShouldBe([1, 2, 3], "of another connection");
        await Within(connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task What_comes_during_the_offload_waits_and_is_forwarded_in_order()
    {
        using Socket socket = NewSocket();
        Target.IsAutomatic = false;
        Task<OffloadedConnection> offload = _path.OffloadAsync(Chimney.Binding("tcpip"), From(socket));
        Arrive(1, 2);
        OffloadedConnection connection = await Within(offload);
        Arrive(3);
        await Until(() => Target.Submitted.OfType<TcpOffloadForward>().Count() == 3);
        Forwarded.ShouldBe([1, 2, 3]);
        (_path.Waiting, _path.Forwarded, _processed.Count).ShouldBe((0, 3, 0));

        Target[connection.Handle].Process(2);
        await Until(() => _path.Forwarded == 1);
        Task<UploadResult> upload = _path.UploadAsync();
        Arrive(4);
        await Within(upload);
        await Until(() => _processed.Count == 2);
        _processed.ShouldBe([3, 4], "what came back unprocessed is older");
        Target.Submitted.OfType<TcpOffloadForward>().Count().ShouldBe(3);
    }

    [Fact]
    public async Task When_the_target_does_not_take_the_connection_the_host_processes_what_waited()
    {
        using Socket socket = NewSocket();
        Target.InitiateStatus = NdisStatus.OffloadTcpEntries;
        Task<OffloadedConnection> offload = _path.OffloadAsync(Chimney.Binding("tcpip"), From(socket));
        Arrive(1);
        await Should.ThrowAsync<OffloadException>(() => Within(offload));
        _processed.ShouldBe([1]);
        await Should.ThrowAsync<InvalidOperationException>(() => _path.UploadAsync());
    }

    [Fact]
    public async Task Of_a_connection_that_was_reset_nobody_processes_them()
    {
        using Socket socket = NewSocket();
        OffloadedConnection connection =
            await Within(_path.OffloadAsync(Chimney.Binding("tcpip"), From(socket)));
        Target.IsAutomatic = false;
        Arrive(1);
        await Until(() => Target.Submitted.OfType<TcpOffloadForward>().Any());
        Target[connection.Handle].Reset();
        await Until(() => _path.Forwarded == 0);
        await Within(_path.UploadAsync());
        (_path.Waiting, _processed.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_segment_that_a_target_leaves_to_the_host_is_not_offered_again()
    {
        using Socket socket = NewSocket();
        OffloadedConnection connection =
            await Within(_path.OffloadAsync(Chimney.Binding("tcpip"), From(socket)));
        Target[connection.Handle].Say(TcpUploadReason.UploadRequested);
        await Within(connection.UploadWanted);
        Arrive(1);
        await Until(() => _path is { Waiting: 1, Forwarded: 0 });
        Arrive(2);
        _path.Waiting.ShouldBe(2);
        Forwarded.ShouldBeEmpty();
        await Within(_path.UploadAsync());
        _processed.ShouldBe([1, 2]);
    }

    [Fact]
    public void What_is_no_segment_is_refused() =>
        Should.Throw<ArgumentException>(() => _path.Arrived(new byte[19])).Message.ShouldContain("19 bytes");

    [Fact]
    public void A_host_whose_tcp_fails_over_one_segment_gets_the_next()
    {
        var path = new OrdinaryPath(segment =>
        {
            _processed.Add(segment.Span[7]);
            if (segment.Span[7] == 1)
                throw new InvalidOperationException("The host's TCP fails.");
        });
        Should.Throw<InvalidOperationException>(() => path.Arrived(ForwardSpecs.Segment(0, 1)));
        path.Arrived(ForwardSpecs.Segment(0, 2));
        _processed.ShouldBe([1, 2]);
    }

    private static UploadResult From(Socket socket) => new(socket, default, default, false);

    private void Arrive(params byte[] numbers)
    {
        foreach (byte number in numbers)
            _path.Arrived(ForwardSpecs.Segment(0, number));
    }
}
