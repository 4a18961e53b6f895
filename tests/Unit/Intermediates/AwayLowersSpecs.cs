using System.Collections.Concurrent;
using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>An initiate that comes to a driver of whose bindings below none is at work.</summary>
public sealed class AwayLowersSpecs : StackSpec
{
    private static readonly BindingEvent[] Away =
        [BindingEvent.Pause, BindingEvent.PauseComplete, BindingEvent.Restart];

    private readonly ScriptedTarget _other = new();
    private readonly ConcurrentQueue<object> _noted = [];

    internal override void Build(StackBuilder stack)
    {
        var route = new MuxChoice(new Dictionary<string, string> { ["route"] = "nic0" });
        string[] nics = ["nic0", "nic1"];
        stack.Crashes(Crashes).Miniport("nic0", Target).Miniport("nic1", _other)
            .Intermediate("over-mux", nics, new MuxChoice()).Binding("mux", over: "over-mux")
            .Intermediate("over-route", nics, route).Binding("route", over: "over-route")
            .Intermediate("over-hash", nics, new TeamChoice()).Binding("hash", over: "over-hash")
            .Intermediate("over-least", nics, new TeamChoice(TeamPolicy.LeastLoaded))
            .Binding("least", over: "over-least")
            .Intermediate("over-standby", nics, new TeamChoice(TeamPolicy.ActiveStandby))
            .Binding("standby", over: "over-standby")
            .Intermediate("over-filter", nics, FilterDriver.Of(new FilterSettings { ConnectionsPerPeerMax = 1 }))
            .ContextsMax("over-filter", 5)
            .Binding("filter", over: "over-filter")
            .Intermediate("over-notes", nics, () => new Noting(_noted)).Binding("notes", over: "over-notes")
            .Intermediate("over-pass", over: "nic0").Binding("pass", over: "over-pass")
            .Binding("alone", over: "nic0");
    }

    /// <summary>No life lets an initiate through by then but for a moment, so states are set behind its
    /// back.</summary>
    [Theory]
    [InlineData("mux")]
    [InlineData("route")]
    [InlineData("hash")]
    [InlineData("least")]
    [InlineData("standby")]
    [InlineData("pass")]
    public async Task It_fails_while_none_is_at_work_and_goes_down_when_one_is(string binding)
    {
        BindingNode[] lowers = Lowers(binding);
        foreach (BindingEvent what in Away)
        {
            Move(lowers, what);
            await RefusedAsync(binding);
        }
        (Target.Submitted.Count, _other.Submitted.Count).ShouldBe((0, 0));
        (Chimney.Connections, Chimney.Ledger.DriverDeaths).ShouldBe((0, 0));

        Move(lowers[..1], BindingEvent.RestartComplete);

        await Named("dispose", (await Within(
            Chimney.Binding(binding).OffloadAsync(NewSocket()))).DisposeAsync().AsTask());
        (Target.Submitted.Count, _other.Submitted.Count).ShouldBe((2, 0));
    }

    /// <summary>What goes down over a binding that is paused already nobody takes back, and the pause of the adapter
    /// would wait for it.</summary>
    [Fact]
    public async Task It_does_not_go_to_an_adapter_whose_pause_waits_for_somebody_else()
    {
        Target.IsAutomatic = false;
        OffloadedConnection alone = await OffloadAsync(NewSocket(), null, "alone");
        Task<TcpOffloadState> query = alone.QueryAsync();
        await Until(() => Target.Submitted.Count == 2);
        Task<LifeResult> pause = Chimney.Adapter("nic0").PauseAsync();
        await Until(() => Lowers("route")[0].State == BindingState.Paused
            && Lowers("alone")[0].State == BindingState.Pausing);
        Chimney.Adapter("nic0").State.ShouldBe(AdapterState.Running);

        await RefusedAsync("route");

        Target[alone.Handle].AnswerState(NdisStatus.Success);
        (await Named("query", query)).Delegated.ShouldNotBeNull();
        (await Named("pause", pause)).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", alone.DisposeAsync().AsTask());
        (await Named("restart", Chimney.Adapter("nic0").RestartAsync())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", (await OffloadAsync(NewSocket(), null, "route")).DisposeAsync().AsTask());
    }

    /// <summary>An adapter that only wants nothing new queues it (STS-02), and takes it when it resumes.</summary>
    [Fact]
    public async Task It_waits_at_one_that_only_wants_nothing_new_now()
    {
        (await Named("stop", Chimney.Adapter("nic0").OffloadPauseAsync())).Status.ShouldBe(NdisStatus.Success);

        Task<OffloadedConnection> offload = Chimney.Binding("route").OffloadAsync(NewSocket());
        await Until(() => Chimney.ViewRequests(10).Any(request => request.Holder == "nic0"));

        offload.IsCompleted.ShouldBeFalse();
        (await Named("resume", Chimney.Adapter("nic0").OffloadResumeAsync())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", (await Within(offload)).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task The_driver_that_let_it_through_hears_that_it_failed()
    {
        Move(Lowers("notes"), BindingEvent.Pause);
        await RefusedAsync("notes");
        _noted.ShouldBe([OffloadOperation.Initiate, NdisStatus.Failure]);
    }

    /// <summary>The filter has a place for one of the peer, and contexts for one tree.</summary>
    [Fact]
    public async Task A_tree_fails_block_by_block_and_takes_no_room()
    {
        Move(Lowers("filter"), BindingEvent.Pause);
        for (int i = 0; i < 3; i++)
            await FailTreeAsync();
        Chimney.Ledger.DriverDeaths.ShouldBe(0);
        BackToWork(Lowers("filter"));
        await TakeTreeAsync();
    }

    [Theory]
    [InlineData(CrashStep.Before, 0)]
    [InlineData(CrashStep.Between, 0)]
    [InlineData(CrashStep.After, 0)]
    [InlineData(CrashStep.Before, 1)]
    [InlineData(CrashStep.Between, 1)]
    [InlineData(CrashStep.After, 1)]
    public async Task It_comes_home_once_whenever_the_driver_dies_of_it(CrashStep step, int visit)
    {
        Move(Lowers("filter"), BindingEvent.Pause);
        Crashes.Arm("over-filter", step, visit);
        await FailTreeAsync();
        await Until(() => Crashes.HasCrashed);
        BackToWork(Lowers("filter"));
        await Until(() => Chimney.Stack.Life.Adapters.TrueForAll(adapter => adapter.IsThere));
        await TakeTreeAsync();
    }

    private BindingNode[] Lowers(string binding)
    {
        BindingNode own = Chimney.Stack.Life.Bindings.Single(node => node.Driver.Name == binding);
        return own.Lower.IsVirtual ? [.. own.Lower.Lowers] : [own];
    }

    private static void Move(IEnumerable<BindingNode> bindings, BindingEvent what)
    {
        foreach (BindingNode binding in bindings)
            binding.TryMove(what).ShouldBeTrue();
    }

    private static void BackToWork(BindingNode[] paused)
    {
        foreach (BindingEvent what in (BindingEvent[])
            [BindingEvent.PauseComplete, BindingEvent.Restart, BindingEvent.RestartComplete])
            Move(paused, what);
    }

    private async Task RefusedAsync(string binding)
    {
        using var socket = NewSocket();
        OffloadException failed = await Should.ThrowAsync<OffloadException>(() =>
            Within(Chimney.Binding(binding).OffloadAsync(socket)));
        failed.Status.ShouldBe(NdisStatus.Failure);
    }

    private async Task FailTreeAsync()
    {
        OffloadBlock root = await InitiateAsync();
        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Failure);
        (Chimney.Connections, Chimney.StateObjects, Target.Submitted.Count).ShouldBe((0, 0, 0));
        root.DependentBlockList!.DependentBlockList!.Socket!.Dispose();
    }

    private async Task TakeTreeAsync()
    {
        OffloadBlock root = await InitiateAsync();
        BlockTree.BlocksOf(root).ShouldAllBe(block => block.Status == NdisStatus.Success);
        OffloadBlock path = root.DependentBlockList!;
        OffloadBlock back = Blocks.Of(OffloadLayer.Neighbor, root.Connection, BlockRole.Subject,
            Blocks.Of(OffloadLayer.Path, path.Connection, BlockRole.Subject,
                Blocks.Of(OffloadLayer.Tcp, path.DependentBlockList!.Connection)));
        await Named("terminate", Chimney.Binding("filter").NewTree(OffloadOperation.Terminate, back).Post());
        BlockTree.BlocksOf(back).ShouldAllBe(block => block.Status == NdisStatus.Success);
        path.DependentBlockList.Socket!.Dispose();
    }

    private async Task<OffloadBlock> InitiateAsync()
    {
        var tcp = new OffloadBlock
        {
            Socket = NewSocket(),
            FourTuple = new FourTuple(IPEndPoint.Parse("10.0.0.100:80"), IPEndPoint.Parse("10.0.0.1:1000")),
        };
        OffloadBlock root = Blocks.Neighbor(BlockRole.Subject, Blocks.Path(BlockRole.Subject, tcp));
        await Named("initiate", Blocks.NewInitiate(Chimney.Binding("filter"), root).Post());
        return root;
    }

    private sealed class Noting(ConcurrentQueue<object> noted) : IntermediateDriver
    {
        protected internal override void OnRequest(OffloadRequest request)
        {
            noted.Enqueue(request.Flight.Head.Operation);
            PassDown(request);
        }

        protected internal override void OnCompletion(OffloadCompletion completion)
        {
            noted.Enqueue(completion.Flight.Head.Status);
            PassUp(completion);
        }
    }
}
