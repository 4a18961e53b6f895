using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>LIFE on real sockets under load: whatever becomes of the adapter, no socket, no byte and no answer is
/// lost.</summary>
public sealed class KernelLifeSpecs : IAsyncLifetime
{
    private const int Connections = 6;
    private const int OperationsMin = 12;
    private ActorSystem _system = null!;
    private Chimney _chimney = null!;

    public async Task InitializeAsync()
    {
        _system = ActorSystem.Create("life", ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF"));
        _chimney = await Chimney.StartAsync(_system, stack => stack
            .Miniport("nic0", () => new KernelTarget())
            .Intermediate("mux0", over: "nic0")
            .Binding("tcpip", over: "mux0"));
    }

    public async Task DisposeAsync()
    {
        await _chimney.DisposeAsync();
        await _system.Terminate();
        LedgerSnapshot ledger = _chimney.Ledger;
        _chimney.Violations.ShouldBeEmpty();
        (ledger.Outstanding, ledger.PoolBalanced, ledger.Quarantined).ShouldBe((0, true, 0));
    }

    [Theory]
    [InlineData("removal")]
    [InlineData("pause")]
    [InlineData("halt")]
    [InlineData("unbind")]
    public async Task Streams_go_on_exactly_while_the_adapter_goes_and_comes(string how)
    {
        using var over = new CancellationTokenSource();
        Task streams = new EchoedStreams(_chimney.Binding("tcpip")).RunAsync(Connections, over.Token);

        for (int round = 0; round < OperationsMin; round++)
        {
            (await GoAsync(how).WaitAsync(Limits.Patience)).IsDone.ShouldBeTrue($"{how}, round {round}");
            (await ComeAsync(how).WaitAsync(Limits.Patience)).IsDone.ShouldBeTrue($"{how} back, round {round}");
        }

        await over.CancelAsync();
        await streams.WaitAsync(Limits.Patience);
        _chimney.Adapter("nic0").State.ShouldBe(AdapterState.Running);
    }

    private Task<LifeResult> GoAsync(string how) => how switch
    {
        "removal" => _chimney.Adapter("nic0").RemoveAsync(),
        "pause" => _chimney.Adapter("nic0").PauseAsync(),
        "halt" => _chimney.Adapter("nic0").HaltAsync(),
        _ => _chimney.Binding("tcpip").UnbindAsync(),
    };

    private Task<LifeResult> ComeAsync(string how) => how switch
    {
        "pause" => _chimney.Adapter("nic0").RestartAsync(),
        "unbind" => _chimney.Binding("tcpip").BindAsync(),
        _ => _chimney.Adapter("nic0").InitializeAsync(),
    };
}
