using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>A team of two adapters on real sockets: one after the other is pulled out under load, and no stream
/// notices.</summary>
public sealed class KernelTeamSpecs
{
    private const int Connections = 8;
    private const int Rounds = 6;

    [Theory]
    [InlineData(TeamPolicy.Hash)]
    [InlineData(TeamPolicy.LeastLoaded)]
    [InlineData(TeamPolicy.ActiveStandby)]
    public async Task Streams_go_on_exactly_while_one_adapter_after_the_other_is_pulled_out(TeamPolicy policy)
    {
        var system = ActorSystem.Create("team", ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF"));
        Chimney chimney = await Chimney.StartAsync(system, stack => stack
            .Miniport("nic0", () => new KernelTarget())
            .Miniport("nic1", () => new KernelTarget())
            .Intermediate("team0", ["nic0", "nic1"], new TeamChoice(policy))
            .Binding("tcpip", over: "team0"));
        using var over = new CancellationTokenSource();
        var streams = new EchoedStreams(chimney.Binding("tcpip"));
        Task all = streams.RunAsync(Connections, over.Token);
        for (int round = 0; round < Rounds; round++)
        {
            Adapter adapter = chimney.Adapter($"nic{round % 2}");
            (await adapter.RemoveAsync().WaitAsync(Limits.Patience)).IsDone.ShouldBeTrue($"round {round}");
            await streams.AllMoveAsync();       // on the partner alone
            (await adapter.InitializeAsync().WaitAsync(Limits.Patience)).IsDone.ShouldBeTrue($"round {round}");
            adapter.State.ShouldBe(AdapterState.Running);
        }
        await over.CancelAsync();
        await all.WaitAsync(Limits.Patience);

        await chimney.DisposeAsync();
        await system.Terminate();
        chimney.Violations.ShouldBeEmpty();
        LedgerSnapshot ledger = chimney.Ledger;
        (ledger.Outstanding, ledger.PoolBalanced, ledger.Quarantined).ShouldBe((0, true, 0));
        streams.Repairs.ShouldBeGreaterThan(Rounds);
    }
}
