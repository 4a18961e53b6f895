using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>How a host opens links to one adapter, and what it does with words that come too early or too
/// late.</summary>
public sealed class HostLinkSpecs : IDisposable
{
    private static readonly Address Node = new("akka.tcp", "world", "adapter", 1);
    private readonly SeededActorSystem _world = new(1, null, ClusterSettings.Reference());
    private readonly Said _said;
    private readonly ClusterTarget _target;
    private readonly IActorRef _adapter;

    public HostLinkSpecs()
    {
        _said = new Said { Clock = _world.Clock, Tasks = TaskCreationOptions.None, Members = null };
        _target = New(_world, _said);
        _adapter = _world.System.ActorOf(Props.Create(() => new Deaf()), "adapter");
        _target.Root.Tell(new MemberIsUp(Node));
        _world.RunUntil(() => _said.All.Count > 0);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_link_is_offered_again_until_it_is_welcome()
    {
        Pass(3);
        Hellos().Length.ShouldBe(4);
        Hellos().Select(hello => hello.Epoch).Distinct().ShouldBe([1ul]);

        Welcome(Hellos()[0]);
        Pass(3);
        Hellos().Length.ShouldBe(4);
        _target.Adapters.Single().IsOpen.ShouldBeTrue();
    }

    [Fact]
    public void A_word_that_overtakes_the_welcome_does_not_end_the_link()
    {
        Hear(new LinkMessage { Frame = FrameOf(Hellos()[0]) });
        Welcome(Hellos()[0]);
        _target.Adapters.Single().IsOpen.ShouldBeTrue();
        Overs().ShouldBeEmpty();
        _target.LateFenced.ShouldBe(0);
    }

    [Fact]
    public void A_word_of_an_earlier_link_is_counted_and_ends_it_over_there_and_nothing_else()
    {
        Hello first = Hellos()[0];
        Welcome(first);
        Hear(new LinkMessage { Over = new Over { Host = first.Host, Epoch = first.Epoch } });
        Pass(1);
        Hello second = Hellos()[^1];
        second.Epoch.ShouldBe(2ul);
        Welcome(second);

        Hear(new LinkMessage { Frame = FrameOf(first) });
        _target.LateFenced.ShouldBe(1);
        Overs()[^1].Epoch.ShouldBe(first.Epoch);
        _target.Adapters.Single().IsOpen.ShouldBeTrue();
        Hear(new LinkMessage { Welcome = new Welcome { Host = first.Host, Epoch = first.Epoch } });
        _target.Adapters.Single().IsOpen.ShouldBeTrue();
    }

    [Fact]
    public void Who_was_refused_asks_again_with_a_higher_epoch()
    {
        Hello first = Hellos()[0];
        Hear(new LinkMessage { Refused = new Refused { Host = first.Host, Epoch = first.Epoch, Reason = "full" } });
        Pass(1);
        Hellos()[^1].Epoch.ShouldBe(2ul);
    }

    [Fact]
    public void A_member_that_is_gone_is_asked_no_more_and_its_welcome_comes_too_late()
    {
        Hello first = Hellos()[0];
        _target.Root.Tell(new MemberIsGone(Node));
        Pass(5);
        Hellos().Length.ShouldBe(1);
        Welcome(first);
        _target.Adapters.ShouldBeEmpty();
        Overs()[^1].Epoch.ShouldBe(first.Epoch);
    }

    [Fact]
    public void Who_breaks_the_protocol_loses_the_link_and_is_told_so()
    {
        Hello hello = Hellos()[0];
        Welcome(hello);
        Hear(new LinkMessage { Frame = new Frame { Host = hello.Host, Epoch = hello.Epoch, Taken = 1000 } });
        _target.Adapters.Single().IsOpen.ShouldBeFalse();
        Overs()[^1].Reason.ShouldContain("1000 acknowledged");
    }

    [Fact]
    public void What_was_told_and_not_taken_yet_is_answered_when_the_link_is_lost()
    {
        Hello hello = Hellos()[0];
        Welcome(hello);
        Socket socket = Connect(hello);
        Chimney host = _world.Start(stack => stack.Miniport("cluster", _target).Binding("tcpip", over: "cluster"));

        // The end of the link is on its way to its actor before the initiate is told.
        _said.Link!.Tell(new LinkMessage { Over = new Over { Host = hello.Host, Epoch = hello.Epoch } }, _adapter);
        var block = new OffloadBlock { Socket = socket, Operation = OffloadOperation.Initiate };
        var asker = new Asker();
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        _target.Submit(new InitiateOffload(Flight.Depart(block, asker.Holder)), asker);
        _world.RunUntilQuiet();

        asker.Answers.ShouldBe([NdisStatus.OffloadConnectionRejected]);
        _target.Connections.ShouldBe(0);
        _world.Stop(host);
    }

    [Fact]
    public void What_came_for_an_initiate_that_somebody_else_ended_is_delivered_by_the_next()
    {
        Hello hello = Hellos()[0];
        Welcome(hello);
        Socket socket = Connect(hello);
        Chimney host = _world.Start(stack => stack.Miniport("cluster", _target).Binding("tcpip", over: "cluster"));
        var block = new OffloadBlock { Socket = socket, Operation = OffloadOperation.Initiate };
        var asker = new Asker();
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        var initiate = new InitiateOffload(Flight.Depart(block, asker.Holder));
        _target.Submit(initiate, asker);
        _world.RunUntilQuiet();
        new Claim(block, initiate.Flight.Id, asker.Holder).TryComplete(NdisStatus.Failure, 0).ShouldBeTrue();

        Hear(FrameOf(hello, 2, new Item { Number = 2, Opened = 0 }, Bytes(2, "un")));
        Items(2)[^1].KindCase.ShouldBe(Item.KindOneofCase.TakeBack);
        asker.Answers.ShouldBeEmpty();
        var user = new RemoteUser();
        Task<OffloadedConnection> offloading = host.Binding("tcpip").OffloadAsync(socket, user);
        _world.RunUntilQuiet();
        Hear(FrameOf(hello, 4, Bytes(2, "heard"), new Item { Number = 2, TakenBack = new TakenBack { Alive = true } }));
        Hear(FrameOf(hello, 6, new Item { Number = 3, Opened = 0 }, Bytes(3, " of")));
        offloading.IsCompletedSuccessfully.ShouldBeTrue();
        Encoding.UTF8.GetString(user.Received).ShouldBe("unheard of");
        _world.Stop(host);
    }

    [Fact]
    public void An_adapter_that_sends_more_than_there_is_room_for_loses_the_link()
    {
        Hello hello = Hellos()[0];
        Welcome(hello);
        Socket socket = Connect(hello);
        Chimney host = _world.Start(stack => stack.Miniport("cluster", _target).Binding("tcpip", over: "cluster"));
        Task<OffloadedConnection> offloading = host.Binding("tcpip").OffloadAsync(socket);
        _world.RunUntilQuiet();
        ByteString much = ByteString.CopyFrom(new byte[200_000]);
        Hear(FrameOf(hello, 2, new Item { Number = 2, Opened = 0 }, new Item { Number = 2, Received = much }));
        offloading.IsCompletedSuccessfully.ShouldBeTrue();
        _target.Adapters.Single().IsOpen.ShouldBeTrue();

        Hear(FrameOf(hello, 4, new Item { Number = 2, Received = much }));
        _target.Adapters.Single().IsOpen.ShouldBeFalse();
        Overs()[^1].Reason.ShouldContain("there is room for");
        _world.Stop(host);
    }

    private static Item Bytes(ulong number, string text) =>
        new() { Number = number, Received = ByteString.CopyFromUtf8(text) };

    private Item[] Items(ulong number) =>
        [.. _said.All.Where(one => one.Frame is not null).SelectMany(one => one.Frame.Items)
            .Where(one => one.Number == number)];

    /// <summary>The first connection of the link, with the number 1.</summary>
    private Socket Connect(Hello hello) => _world.Run(() =>
    {
        Task<Socket> connecting = _target.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9));
        _said.Link!.Tell(FrameOf(hello, new Item { Number = 1, Connected = new Connected() }), _adapter);
        return connecting;
    });

    private static LinkMessage FrameOf(Hello hello, params Item[] items) => FrameOf(hello, 1, items);

    private static LinkMessage FrameOf(Hello hello, ulong first, params Item[] items) => new()
    {
        Frame = new Frame { Host = hello.Host, Epoch = hello.Epoch, First = first, Items = { items } },
    };

    private sealed class Asker : IOffloadUpcalls
    {
        public List<NdisStatus> Answers { get; } = [];

        public HolderId Holder { get; } = HolderId.Next();

        public NetBufferListPool ReceivePool => throw new InvalidOperationException("nothing is indicated here");

        public void Complete(OffloadCompletion completion) => Answers.Add(completion.Flight.Head.Status);

        public void Indicate(OffloadIndication indication)
        {
        }
    }

    private static ClusterTarget New(SeededActorSystem world, LinkTransport transport) =>
        new(world.System, ClusterSettings.From(world.System.Settings.Config), transport);

    private static Frame FrameOf(Hello hello) => new()
    {
        Host = hello.Host, Epoch = hello.Epoch, First = 1,
        Items = { new Item { Load = new Load { Connections = 3, ConnectionsMax = 5 } } },
    };

    private void Welcome(Hello hello) => Hear(new LinkMessage
    {
        Welcome = new Welcome
        {
            Host = hello.Host, Epoch = hello.Epoch, Version = 1, Load = new Load { ConnectionsMax = 10 },
        },
    });

    private void Hear(LinkMessage message)
    {
        _said.Link!.Tell(message, _adapter);
        _world.RunUntilQuiet();
    }

    private void Pass(int seconds) => _world.Advance(TimeSpan.FromSeconds(seconds));

    private Hello[] Hellos() => [.. _said.All.Select(one => one.Hello).OfType<Hello>()];

    private Over[] Overs() => [.. _said.All.Select(one => one.Over).OfType<Over>()];

    private sealed class Deaf : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    /// <summary>Writes down what the host says, and who says it.</summary>
    private sealed record Said : LinkTransport
    {
        public List<LinkMessage> All { get; } = [];

        public IActorRef? Link { get; private set; }

        public override void Tell(ActorSystem system, Address node, LinkMessage message, IActorRef from)
        {
            Link = from;
            All.Add(message);
        }

        public override void Tell(IActorRef to, LinkMessage message, IActorRef from) => All.Add(message);
    }
}
