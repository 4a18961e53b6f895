using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>A connection that needs IPv4 options is not offloaded (INIT-20).</summary>
public sealed class IPv4OptionsSpecs : StackSpec
{
    private static readonly byte[] Nothing = [1, 1, 1, 0];      // three options that do nothing, and the end

    internal override void Build(StackBuilder stack)
    {
        base.Build(stack);
        stack.Miniport("host", Target).Binding("inhost", over: "host");
    }

    [Fact]
    public async Task It_is_refused_with_the_reason_before_anything_goes_down()
    {
        Socket socket = NewOne();
        OffloadException refused = await Should.ThrowAsync<OffloadException>(
            () => Chimney.Binding("tcpip").OffloadAsync(socket));
        refused.Status.ShouldBe(NdisStatus.OffloadConnectionRejected);
        refused.Message.ShouldContain("tcpip: the connection needs IPv4 options (IP_OPTIONS)");
        Target.Submitted.ShouldBeEmpty();
        socket.SafeHandle.IsClosed.ShouldBeFalse("it is still the caller's");
        socket.Dispose();
    }

    [Fact]
    public async Task A_host_serves_it_itself_and_does_not_move_it()
    {
        using var host = new HostStack(
            Chimney.Binding("inhost"), Chimney.Binding("tcpip"), OffloadPolicy.Everything);
        ResilientConnection connection = await Named("open", host.OpenAsync(NewOne(), new HearingUser()));
        host.PlaceOf(connection).ShouldBe(OffloadPlace.InHost);
        host.TryMove(connection, toTarget: true, out _).ShouldBeFalse();
        host.Counts.ShouldBe(new HostCounts(InHost: 1, Contexts: 0, Promoted: 0, Demoted: 0, CameHome: 0));
        await Named("close", connection.CloseAsync());
    }

    private static Socket NewOne()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(optionLevel: 0, optionName: 4, Nothing);
        return socket;
    }
}
