using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>What somebody's driver does with its virtual adapter, control requests and statuses.</summary>
public sealed class DriverControlSpecs : AdapterSpec
{
    private const NdisStatus LinkState = (NdisStatus)0x40010017;
    private readonly Script _script = new();

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Make)
        .Intermediate("own0", over: "nic0", () => new Driver(_script))
        .Binding("tcpip", over: "own0")
        .Binding("other", over: "nic0");

    [Fact]
    public async Task A_driver_that_cannot_offload_says_so_to_the_task_offload_query()
    {
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
        _script.Bars = true;
        await Done(Chimney.Binding("tcpip").UnbindAsync());
        await Done(Chimney.Binding("tcpip").BindAsync());

        await RefusedAsync(NdisStatus.Paused);
        await Named("beside it", (await OffloadAsync(NewSocket(), null, "other")).DisposeAsync().AsTask());
        (await Should.ThrowAsync<OidException>(
            () => Chimney.Binding("tcpip").RequestAsync(Oid.TcpTaskOffload, OidMethod.Query)))
            .Status.ShouldBe(NdisStatus.NotSupported);
        (await Within(Chimney.Binding("tcpip").RequestAsync(Oid.Tcp4OffloadStatistics, OidMethod.Set)))
            .ShouldBeNull("every other one passes");

        _script.Bars = false;
        await Done(Chimney.Binding("tcpip").UnbindAsync());
        await Done(Chimney.Binding("tcpip").BindAsync());
        await Named("works again", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_pause_waits_for_the_driver()
    {
        _script.Pause = NdisStatus.Pending;
        Task<LifeResult> pause = Chimney.Adapter("own0").PauseAsync();
        await Until(() => _script.Pauses > 0);

        (Chimney.Adapter("own0").State, pause.IsCompleted).ShouldBe((AdapterState.Pausing, false));
        _script.MayGoOn = true;

        await Done(pause);
        Chimney.Adapter("own0").State.ShouldBe(AdapterState.Paused);
    }

    [Fact]
    public async Task A_restart_that_fails_leaves_the_adapter_paused()
    {
        await Done(Chimney.Adapter("own0").PauseAsync());
        _script.Restart = NdisStatus.Resources;

        (await Within(Chimney.Adapter("own0").RestartAsync())).Status.ShouldBe(NdisStatus.Resources);

        Chimney.Adapter("own0").State.ShouldBe(AdapterState.Paused);
        await RefusedAsync(NdisStatus.Paused);
        _script.Restart = NdisStatus.Success;
        await Done(Chimney.Adapter("own0").RestartAsync());
        await Named("works again", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_status_that_the_driver_keeps_is_not_heard_above_it()
    {
        var heard = new List<(string Binding, object? What)>();
        foreach (string name in (string[])["tcpip", "other"])
            Chimney.Binding(name).StatusIndicated += said =>
            {
                lock (heard)
                    heard.Add((name, said.Information));
            };
        _script.Hears = said => said.Information is not "kept";

        Scripted.Upcalls.IndicateStatus(LinkState, "kept");
        Scripted.Upcalls.IndicateStatus(LinkState, "passed");
        await Until(() => heard.Count == 3);

        heard.Where(one => one.Binding == "tcpip").ShouldBe([("tcpip", "passed")]);
        heard.Where(one => one.Binding == "other").ShouldBe(
            [("other", "kept"), ("other", "passed")]);
    }

    [Fact]
    public async Task Who_completes_a_pause_that_nobody_asked_for_is_named()
    {
        Expected = [VerifierCheck.UnexpectedComplete];
        _script.CompletesUnasked = true;

        Scripted.Upcalls.IndicateStatus(LinkState, "passed");

        await Until(() => Chimney.Violations.Count > 0);
        await Done(Chimney.Adapter("own0").PauseAsync());
        await Done(Chimney.Adapter("own0").RestartAsync());
    }

    private sealed class Script
    {
        public bool Bars { get; set; }

        public NdisStatus Pause { get; set; } = NdisStatus.Success;

        public int Pauses { get; set; }

        public NdisStatus Restart { get; set; } = NdisStatus.Success;

        public Func<IndicateStatus, bool> Hears { get; set; } = _ => true;

        public bool MayGoOn { get; set; }

        public bool CompletesUnasked { get; set; }
    }

    private sealed class Driver(Script script) : IntermediateDriver
    {
        protected internal override void OnOid(OidRequest request)
        {
            if (script.Bars && request.Block is { Oid: Oid.TcpTaskOffload, Method: OidMethod.Query })
                Answer(request, NdisStatus.NotSupported);
            else
                PassDown(request);
        }

        protected internal override NdisStatus OnPause()
        {
            script.Pauses++;
            if (script.Pause == NdisStatus.Pending)
                StartTimer(script, TimeSpan.Zero);
            return script.Pause;
        }

        protected internal override NdisStatus OnRestart() => script.Restart;

        protected internal override bool OnStatus(IndicateStatus status)
        {
            if (script.CompletesUnasked)
                PauseComplete();
            return script.Hears(status);
        }

        protected internal override void OnTimer(object key)
        {
            if (script.MayGoOn)
                PauseComplete();
            else
                StartTimer(script, TimeSpan.FromMilliseconds(1));
        }
    }
}
