using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Miniports;

/// <summary>A miniport alone, over a shelf that only listens, below a driver that only listens.</summary>
public sealed class MiniportControlSpecs : AloneSpec
{
    private readonly Edge _edge = new("nic0");
    private readonly HolderId _me = HolderId.Next();
    private readonly Ear _above = new("tcpip");
    private readonly Ear _shelf = new("nic0-shelf-0");
    private readonly Ear _conductor = new("life");
    private readonly AdapterNode _adapter;
    private readonly IActorRef _miniport;

    public MiniportControlSpecs()
    {
        _adapter = Life.AtWork(_above.Edge, _edge).Lower;
        _miniport = Start(_edge, _me, Props.Create(
            () => new MiniportActor(Stack, _edge, _me, new[] { _shelf.Edge }, _adapter)));
    }

    [Fact]
    public void What_is_asked_in_an_offload_pause_waits_for_the_resume()
    {
        OffloadBlock[] blocks = [Initiate(), Initiate()];
        _adapter.Current.OffloadIsPaused = true;
        Tell(blocks);
        _shelf.Heard.ShouldBeEmpty();

        _adapter.Current.OffloadIsPaused = false;
        Step(LifeStepKind.ResumeOffload);

        _shelf.Heard.Cast<InitiateOffload>().Select(asked => asked.Block).ShouldBe(blocks);
        blocks.ShouldAllBe(block => block.Custody.Holder == _shelf.Holder && block.ParkedIn == null);
    }

    [Fact]
    public void What_came_through_a_binding_that_is_being_paused_fails_and_the_rest_waits_on()
    {
        OffloadBlock[] blocks = [Initiate(), Initiate()];
        _adapter.Current.OffloadIsPaused = true;
        Tell(blocks);

        _miniport.Tell(new InitiatesInVain(new Edge("other")));
        _above.Heard.ShouldBeEmpty();
        _miniport.Tell(new InitiatesInVain(_above.Edge));

        _above.Heard.Cast<InitiateOffloadComplete>().Select(told => told.Block).ShouldBe(blocks);
        blocks.ShouldAllBe(block => block.Status == NdisStatus.Paused && block.ParkedIn == null);
        _shelf.Heard.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(LifeStepKind.UploadAll, NdisStatus.Failure)]
    [InlineData(LifeStepKind.PauseAdapter, NdisStatus.Paused)]
    [InlineData(LifeStepKind.HaltAdapter, NdisStatus.Failure)]
    [InlineData(LifeStepKind.SeverConnections, NdisStatus.Failure)]
    internal void What_waits_fails_when_there_will_be_no_resume(LifeStepKind kind, NdisStatus status)
    {
        OffloadBlock block = Initiate();
        _adapter.Current.OffloadIsPaused = true;
        Tell(block);

        Step(kind);

        _above.Heard.ShouldHaveSingleItem().ShouldBeOfType<InitiateOffloadComplete>().Block.ShouldBe(block);
        (block.Status, block.Custody.Holder).ShouldBe((status, _above.Holder));
        _conductor.Heard.ShouldHaveSingleItem().ShouldBeOfType<LifeEventComplete>().Status
            .ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public void What_comes_to_an_adapter_that_is_not_at_work_is_for_its_shelf()
    {
        OffloadBlock[] blocks = [Initiate(), Initiate()];
        _adapter.Current.OffloadIsPaused = true;
        _adapter.Current.TryMove(AdapterEvent.Pause).ShouldBeTrue();
        Tell(blocks[0]);
        _adapter.Current.TryMove(AdapterEvent.PauseComplete).ShouldBeTrue();
        Tell(blocks[1]);

        _shelf.Heard.Cast<InitiateOffload>().Select(asked => asked.Block).ShouldBe(blocks, "no resume comes to it");
    }

    [Fact]
    public void What_waits_in_a_miniport_that_stops_comes_home()
    {
        OffloadBlock block = Initiate();
        _adapter.Current.OffloadIsPaused = true;
        Tell(block);

        Sys.Stop(_miniport);

        AwaitCondition(() => _above.Heard.Count == 1, TimeSpan.FromSeconds(10));
        (block.Status, block.BroughtHome).ShouldBe((NdisStatus.Failure, true));
    }

    private OffloadBlock Initiate()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Initiate, Connection = Entry.Handle };
        block.Frames.Push(_above.Edge, null);
        return block;
    }

    private void Tell(params OffloadBlock[] blocks)
    {
        foreach (OffloadBlock block in blocks)
        {
            var flight = Flight.Depart(block, _above.Holder);
            _edge.Pass(new InitiateOffload(flight), flight, _above.Holder, null).ShouldBe(PassResult.Passed);
        }
    }

    private void Step(LifeStepKind kind) => _miniport.Tell(new LifeEvent(
        new LifeStep(kind, _adapter, null), 1, _adapter.Current, _conductor.Edge));
}
