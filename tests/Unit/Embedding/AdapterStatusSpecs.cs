using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>STS: what an adapter says to everybody above it, and what is done about it.</summary>
public sealed class AdapterStatusSpecs : AdapterSpec
{
    private const NdisStatus LinkState = (NdisStatus)0x40010017;
    private readonly ConcurrentQueue<IndicateStatus> _tcpip = new();
    private readonly ConcurrentQueue<IndicateStatus> _other = new();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Chimney.Binding("tcpip").StatusIndicated += _tcpip.Enqueue;
        Chimney.Binding("other").StatusIndicated += _other.Enqueue;
    }

    [Fact]
    public async Task A_status_reaches_every_bound_protocol_once_and_in_order()
    {
        for (int number = 1; number <= 20; number++)
            Scripted.Upcalls.IndicateStatus(LinkState, number);

        await Until(() => _tcpip.Count == 20 && _other.Count == 20);

        _tcpip.Select(said => (int)said.Information!).ShouldBe(Enumerable.Range(1, 20));
        _other.Select(said => (int)said.Information!).ShouldBe(Enumerable.Range(1, 20));
        (_tcpip.First().Adapter, _other.First().Adapter).ShouldBe(("mux0", "nic0"));
    }

    [Theory]
    [InlineData("mux0", CrashStep.Before)]
    [InlineData("mux0", CrashStep.Between)]
    [InlineData("mux0", CrashStep.After)]
    [InlineData("tcpip", CrashStep.Before)]
    [InlineData("tcpip", CrashStep.Between)]
    [InlineData("tcpip", CrashStep.After)]
    public async Task Whoever_dies_none_is_lost_and_none_is_heard_twice(string driver, CrashStep step)
    {
        int said = 0;
        for (int visit = 0; visit < 4; visit++)
        {
            Crashes.Arm(driver, step, visit);
            for (int burst = 0; burst < 5; burst++)
                Scripted.Upcalls.IndicateStatus(LinkState, ++said);
            await Until(() => _tcpip.Count == said);
            Crashes.Disarm();
        }

        _tcpip.Select(one => (int)one.Information!).ShouldBe(Enumerable.Range(1, said));
    }

    [Fact]
    public async Task A_binding_that_was_closed_hears_nothing_until_it_is_bound_again()
    {
        await Done(Chimney.Binding("tcpip").UnbindAsync());
        Scripted.Upcalls.IndicateStatus(LinkState, 1);
        await Until(() => _other.Count == 1);
        await Done(Chimney.Binding("tcpip").BindAsync());
        Scripted.Upcalls.IndicateStatus(LinkState, 2);

        await Until(() => _other.Count == 2 && !_tcpip.IsEmpty);

        _tcpip.Select(said => (int)said.Information!).ShouldBe([2]);
    }

    [Fact]
    public async Task After_the_halt_nothing_is_said()
    {
        Expected = [VerifierCheck.TooEarlyOrLate];
        await Done(Nic.HaltAsync());

        Scripted.Upcalls.IndicateStatus(LinkState, 1);

        Scripted.Halted.ShouldBe(HaltAction.DeviceDisabled);
        (_tcpip.Count, _other.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task An_offload_pause_stops_what_is_new_and_leaves_what_is_there()
    {
        OffloadedConnection there = await OffloadAsync();

        Scripted.Upcalls.IndicateStatus(NdisStatus.OffloadPause);

        await Until(() => _tcpip.Any(said => said.Status == NdisStatus.OffloadPause)
            && _other.Any(said => said.Status == NdisStatus.OffloadPause));
        await RefusedAsync(NdisStatus.Paused);
        await RefusedAsync(NdisStatus.Paused, "other");
        (await Named("send", there.SendAsync(new byte[3]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        (Nic.State, there.UploadWanted.IsCompleted).ShouldBe((AdapterState.Running, false));

        await Done(Nic.OffloadResumeAsync());

        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
        await Named("there", there.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task With_a_resume_the_host_asks_again_what_the_adapter_can_do()
    {
        int asked = Scripted.Asked.Count;
        await Done(Nic.OffloadPauseAsync());
        Scripted.Capabilities = Scripted.Capabilities with { ConnectionsMax = 5, SupportIPv6 = false };
        Nic.Capabilities.ConnectionsMax.ShouldNotBe(5, "it is not to announce it in any other way (CAP-08)");

        await Done(Nic.OffloadResumeAsync());

        Nic.Capabilities.ConnectionsMax.ShouldBe(5);
        (Nic.Configuration.SupportIPv4, Nic.Configuration.SupportIPv6).ShouldBe((true, false));
        Chimney.Adapter("mux0").Capabilities.ConnectionsMax.ShouldBe(5);
        Scripted.Asked.Count.ShouldBe(asked + 2, "both protocols negotiate again");
        await Until(() => _tcpip.Any(said => said.Status == NdisStatus.TcpConnectionOffloadHardwareCapabilities));
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task An_upload_of_all_brings_everything_back_and_a_resume_waits_for_it()
    {
        OffloadedConnection[] all = [await OffloadAsync(), await OffloadAsync(NewSocket(), null, "other")];
        Target.IsAutomatic = false;
        Task<SendResult> send = all[0].SendAsync(new byte[3]).AsTask();

        Scripted.Upcalls.IndicateStatus(NdisStatus.UploadAll);
        Scripted.Upcalls.IndicateStatus(NdisStatus.OffloadResume);

        (await Named("send", send)).Status.ShouldBe(NdisStatus.UploadInProgress);
        await Until(() => _other.Any(said => said.Status == NdisStatus.OffloadResume));
        Chimney.Connections.ShouldBe(0);
        foreach (OffloadedConnection one in all)
            (await Named("rest", one.UploadAsync())).Socket.ShouldNotBeNull();
        _other.Select(said => said.Status).ShouldBe([NdisStatus.UploadAll, NdisStatus.OffloadResume]);
        await Done(Nic.OffloadResumeAsync());
        Target.IsAutomatic = true;
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_virtual_adapter_uploads_what_goes_through_it_and_nothing_else()
    {
        OffloadedConnection through = await OffloadAsync();
        OffloadedConnection beside = await OffloadAsync(NewSocket(), null, "other");

        await Done(Chimney.Adapter("mux0").UploadAllAsync());

        (await Named("rest", through.UploadAsync())).Socket.ShouldNotBeNull();
        (await Named("send", beside.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await RefusedAsync(NdisStatus.Paused);
        await Done(Chimney.Adapter("mux0").OffloadResumeAsync());
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
        await Named("beside", beside.DisposeAsync().AsTask());
    }
}
