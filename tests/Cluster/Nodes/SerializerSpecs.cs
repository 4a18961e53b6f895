using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Tests.Nodes;

public sealed class SerializerSpecs : IAsyncLifetime
{
    private ActorSystem _system = null!;

    public Task InitializeAsync()
    {
        Config strict = ConfigurationFactory.ParseString(
            "akka.actor.serializers.json = \"ChimneyActors.Cluster.Nodes.RefusingSerializer, ChimneyActors.Cluster\"");
        _system = ActorSystem.Create("serializer", ConfigurationFactory.ParseString("akka.loglevel = OFF")
            .WithFallback(strict).WithFallback(ClusterSettings.Reference()));
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void A_message_of_a_link_is_read_as_it_was_written()
    {
        var message = new LinkMessage
        {
            Frame = new Frame { Host = 1, Epoch = 2, First = 3, Items = { new Item { Number = 4, Data = Bytes(5) } } },
        };
        var serializer = (LinkSerializer)_system.Serialization.FindSerializerFor(message);

        serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)).ShouldBe(message);
    }

    [Fact]
    public void What_cannot_be_read_becomes_a_reason_and_no_exception()
    {
        var serializer = new LinkSerializer((ExtendedActorSystem)_system);
        serializer.FromBinary([0xFF, 0xFF, 0xFF], "chimney-link").ShouldBeOfType<Unreadable>()
            .Why.ShouldContain("garbled");
        serializer.FromBinary([], "chimney-link-of-another-age").ShouldBeOfType<Unreadable>()
            .Why.ShouldContain("chimney-link-of-another-age");
    }

    [Fact]
    public void Fields_that_a_later_version_added_are_passed_over()
    {
        byte[] known = new Hello { Host = 7 }.ToByteArray();
        byte[] later = [.. known, 0xFA, 0x07, 0x01, 0x2A];     // field 127, of this length
        Hello.Parser.ParseFrom(later).Host.ShouldBe(7ul);
    }

    [Fact]
    public void What_has_no_serializer_of_its_own_does_not_leave_the_process()
    {
        object[] strangers = [new object(), new List<string>(), new NetBufferListPool("p", 1, 0, null!)];
        foreach (object one in strangers)
            Should.Throw<SerializationException>(() => _system.Serialization.FindSerializerFor(one).ToBinary(one));
    }

    [Fact]
    public void Nothing_is_made_out_of_the_name_of_a_type() =>
        Should.Throw<SerializationException>(() => _system.Serialization.Deserialize(
            "{\"$type\":\"System.Collections.Generic.List`1[[System.String]], mscorlib\"}"u8.ToArray(), 1,
            typeof(List<string>).AssemblyQualifiedName));

    [Fact]
    public void Every_value_of_a_state_travels()
    {
        var state = new TcpOffloadState(
            new TcpOffloadStateConst { RemoteMss = 1460, WindowScaling = true, LocalPort = 1, HashValue = 9 },
            new TcpOffloadStateCached
            {
                KeepAlive = false, Nagle = true, MaxRT = Timeout.InfiniteTimeSpan, TimeToLive = 3,
                KeepAliveInterval = TimeSpan.FromSeconds(1.5), ReceiveWindowBytes = 77,
            },
            new TcpOffloadStateDelegated
            {
                State = TcpConnectionState.CloseWait, SendNext = uint.MaxValue, SlowStartThreshold = long.MaxValue,
                KeepAliveDelta = null, RetransmitDelta = TimeSpan.Zero, SmoothedRoundTrip = TimeSpan.FromTicks(1),
            });

        StateText.Read(State.Parser.ParseFrom(StateText.Write(state).ToByteArray())).ShouldBe(state);
    }

    private static ByteString Bytes(int length) => ByteString.CopyFrom(new byte[length]);
}
