using System.Text;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>A driver over several: chosen at the initiate, and kept for the connection's life (IM-16).</summary>
public sealed class SeveralLowersSpecs : StackSpec
{
    private readonly ScriptedTarget _other = new();
    private readonly Directed _choice = new();

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target).Miniport("nic1", _other)
        .Intermediate("under1", over: "nic1")
        .Intermediate("team0", ["nic0", "under1"], _choice)
        .Intermediate("over0", over: "team0")
        .Binding("tcpip", over: "over0");

    [Fact]
    public async Task All_requests_of_a_connection_follow_its_initiate()
    {
        var users = new HearingUser[2];
        var connections = new OffloadedConnection[2];
        for (int i = 0; i < 2; i++)
        {
            _choice.Next = i;
            connections[i] = await OffloadAsync(users[i] = new HearingUser());
        }
        _choice.Next = 7;       // nobody is asked any more
        for (int i = 0; i < 2; i++)
        {
            Wire wire = (i == 0 ? Target : _other)[connections[i].Handle];
            await Named("send", connections[i].SendAsync(Encoding.ASCII.GetBytes($"to {i}")).AsTask());
            wire.Feed(Encoding.ASCII.GetBytes($"for {i}"), fin: true);
            await Named("hears", users[i].Hears(5));
            Encoding.ASCII.GetString(users[i].Got).ShouldBe($"for {i}");
            await Named("query", connections[i].QueryAsync());
            DisconnectResult end = await Named("end", connections[i].DisconnectAsync(DisconnectKind.Graceful));
            end.Status.ShouldBe(NdisStatus.Success);
            Encoding.ASCII.GetString(wire.Peer.Got).ShouldBe($"to {i}");
            (await Named("upload", connections[i].UploadAsync())).Socket.ShouldNotBeNull();
        }
        _choice.Uppers.ShouldBe(["over0", "over0"]);
    }

    [Fact]
    public async Task Connections_are_counted_on_their_adapter_while_they_live()
    {
        var open = new List<OffloadedConnection>();
        for (int i = 0; i < 5; i++)
        {
            _choice.Next = i == 0 ? 0 : 1;
            open.Add(await OffloadAsync());
        }
        Connections("nic0", "nic1", "under1", "team0").ShouldBe([1, 4, 4, 5]);
        foreach (OffloadedConnection connection in open)
            await Named("dispose", connection.DisposeAsync().AsTask());
        Connections("nic0", "nic1", "under1", "team0").ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public async Task What_is_refused_or_dies_on_its_way_is_counted_nowhere()
    {
        Target.InitiateStatus = NdisStatus.OffloadTcpEntries;
        await Should.ThrowAsync<OffloadException>(() => Within(
            Chimney.Binding("tcpip").OffloadAsync(NewSocket())));
        Target.InitiateStatus = NdisStatus.Success;
        foreach (CrashStep step in Enum.GetValues<CrashStep>())
            foreach (string driver in (string[])["team0", "nic0", "over0"])
            {
                Crashes.Arm(driver, step, 0);
                await Named("dispose", (await OffloadAsync()).DisposeAsync().AsTask());
            }
        await Until(() => Chimney.Connections == 0);
        Connections("nic0", "nic1").ShouldBe([0, 0]);
    }

    [Fact]
    public async Task A_driver_is_not_there_while_one_that_it_needs_is_not()
    {
        Edge nic = Node("nic1").Driver;
        AdapterNode under = Node("under1");
        Incarnation alive = nic.Current!;
        under.IsThere.ShouldBeTrue();
        nic.Retire(alive.Holder);
        under.IsThere.ShouldBeFalse();
        await Named("dispose", (await OffloadAsync()).DisposeAsync().AsTask());
        _choice.Seen.Select(lower => (lower.Name, lower.IsThere)).ShouldBe([("nic0", true), ("under1", false)]);
        nic.PointAt(alive.Ref, alive.Holder);
        under.IsThere.ShouldBeTrue();
    }

    [Fact]
    public async Task A_driver_is_not_there_while_its_adapter_is_paused_and_is_again_afterwards()
    {
        (await Named("pause", Chimney.Adapter("nic1").PauseAsync())).IsDone.ShouldBeTrue();
        Node("under1").IsThere.ShouldBeFalse();
        Node("team0").IsThere.ShouldBeTrue();
        await Named("dispose", (await OffloadAsync()).DisposeAsync().AsTask());
        _choice.Seen.Select(lower => lower.IsThere).ShouldBe([true, false]);
        (await Named("restart", Chimney.Adapter("nic1").RestartAsync())).IsDone.ShouldBeTrue();
        Node("under1").IsThere.ShouldBeTrue();
    }

    [Fact]
    public async Task A_choice_that_is_none_fails_the_initiate_and_the_driver_lives_on()
    {
        _choice.Next = 2;
        OffloadException failed = await Should.ThrowAsync<OffloadException>(() => Within(
            Chimney.Binding("tcpip").OffloadAsync(NewSocket())));
        failed.Status.ShouldBe(NdisStatus.Failure);
        _choice.Next = 0;
        await Named("dispose", (await OffloadAsync()).DisposeAsync().AsTask());
        Chimney.Ledger.DriverDeaths.ShouldBeGreaterThan(0);
    }

    private AdapterNode Node(string name) => Chimney.Stack.Life.Adapters.Single(adapter => adapter.Name == name);

    private int[] Connections(params string[] names) => [.. names.Select(name => Node(name).Connections)];

    private sealed class Directed : LowerChoice
    {
        public int Next { get; set; }

        public List<string> Uppers { get; } = [];

        public IReadOnlyList<LowerDriver> Seen { get; private set; } = [];

        protected internal override int Choose(string upper, OffloadBlock block, IReadOnlyList<LowerDriver> lowers)
        {
            Uppers.Add(upper);
            Seen = lowers;
            return Next;
        }
    }
}
