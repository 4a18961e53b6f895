using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>LIFE: an adapter is reset under its connections.</summary>
public sealed class AdapterResetSpecs : AdapterSpec
{
    [Fact]
    public async Task What_is_offloaded_stays_and_what_is_asked_meanwhile_is_held_in_order()
    {
        OffloadedConnection connection = await OffloadAsync();
        var heard = new ConcurrentQueue<NdisStatus>();
        Chimney.Binding("tcpip").StatusIndicated += said => heard.Enqueue(said.Status);
        Scripted.OnReset = () => NdisStatus.Pending;
        Task<LifeResult> reset = Nic.ResetAsync();
        await Until(() => Scripted.Resets == 1);
        int before = Target.Submitted.Count;

        Task<SendResult>[] sends =
            [.. Enumerable.Range(1, 5).Select(bytes => connection.SendAsync(new byte[bytes]).AsTask())];
        Task<DisconnectResult> end = connection.DisconnectAsync(DisconnectKind.Graceful);
        Task<TcpOffloadState> query = connection.QueryAsync();
        Task<OffloadedConnection> another = Chimney.Binding("tcpip").OffloadAsync(NewSocket());

        Nic.State.ShouldBe(AdapterState.Running, "a reset changes no state");
        (await Named("reset", Nic.ResetAsync(TimeSpan.Zero))).Status.ShouldBe(NdisStatus.Pending);
        Target.Submitted.Count.ShouldBe(before, "nothing goes down");
        sends.Concat<Task>([end, query, another]).ShouldAllBe(one => !one.IsCompleted);

        Scripted.Upcalls.ResetComplete(NdisStatus.Success);

        await Done(reset);
        (await Named("sends", Task.WhenAll(sends))).ShouldAllBe(sent => sent.Status == NdisStatus.Success);
        (await Named("end", end)).ShouldBe(new DisconnectResult(NdisStatus.Success, 15));
        await Named("query", query);
        await Until(() => Scripted.Resets == 2);
        Scripted.Upcalls.ResetComplete(NdisStatus.Success);
        await Named("another", (await Named("another", another)).DisposeAsync().AsTask());
        await Named("dispose", connection.DisposeAsync().AsTask());
        heard.Take(2).ShouldBe([NdisStatus.ResetStart, NdisStatus.ResetEnd]);
    }

    [Theory]
    [InlineData(CrashStep.Before)]
    [InlineData(CrashStep.Between)]
    [InlineData(CrashStep.After)]
    public async Task A_binding_that_dies_meanwhile_forgets_nothing_that_it_held(CrashStep step)
    {
        for (int visit = 0; visit < 8; visit++)
        {
            OffloadedConnection connection = await OffloadAsync();
            Scripted.OnReset = () => NdisStatus.Pending;
            int resets = Scripted.Resets;
            Crashes.Arm("tcpip", step, visit);
            Task<LifeResult> reset = Nic.ResetAsync();
            await Until(() => Scripted.Resets == resets + 1);
            Task<SendResult>[] sends =
                [.. Enumerable.Range(1, 3).Select(bytes => connection.SendAsync(new byte[bytes]).AsTask())];

            Scripted.Upcalls.ResetComplete(NdisStatus.Success);

            await Done(reset);
            SendResult[] sent = await Named("sends", Task.WhenAll(sends));
            sent.ShouldAllBe(one => one.Status == NdisStatus.Success || one.Status == NdisStatus.UploadInProgress);
            Crashes.Disarm();
            await Named("dispose", connection.DisposeAsync().AsTask());
        }
    }

    [Fact]
    public async Task A_target_that_says_it_hangs_is_reset()
    {
        Scripted.Hangs = true;
        await Until(() => Scripted.Resets > 0);
        Scripted.Hangs = false;

        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task One_that_is_broken_is_given_up_alone()
    {
        OffloadedConnection connection = await OffloadAsync();
        Scripted.OnReset = () => NdisStatus.HardErrors;
        ScriptedAdapter broken = Scripted;

        (await Named("reset", Nic.ResetAsync())).Status.ShouldBe(NdisStatus.HardErrors);

        (await Named("rest", connection.UploadAsync())).Socket.ShouldNotBeNull();
        await Until(() => Nic.State == AdapterState.Halted);
        (Nic.Halted, broken.Halted).ShouldBe((HaltAction.DeviceFailed, HaltAction.DeviceFailed));
        await Done(Nic.InitializeAsync());
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_restart_or_an_initialise_that_fails_leads_back_to_where_it_was()
    {
        await Done(Nic.PauseAsync());
        Scripted.OnRestart = NdisStatus.Resources;

        (await Named("restart", Nic.RestartAsync())).Status.ShouldBe(NdisStatus.Resources);

        (Nic.State, Chimney.Binding("tcpip").State).ShouldBe((AdapterState.Paused, BindingState.Paused));
        Scripted.OnRestart = NdisStatus.Success;
        await Done(Nic.RestartAsync());
        await Done(Nic.HaltAsync());
        OnMade = made => made.OnInitialize = NdisStatus.Resources;

        (await Named("initialise", Nic.InitializeAsync())).Status.ShouldBe(NdisStatus.Resources);

        (Nic.State, Nic.Halted).ShouldBe((AdapterState.Halted, HaltAction.DeviceInitializationFailed));
        OnMade = _ => throw new InvalidOperationException("no slot");
        (await Named("initialise", Nic.InitializeAsync())).Status.ShouldBe(NdisStatus.Failure);
        OnMade = _ => { };
        await Done(Nic.InitializeAsync());
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public void A_virtual_adapter_has_no_reset() =>
        Should.Throw<InvalidOperationException>(() => { _ = Chimney.Adapter("mux0").ResetAsync(); })
            .Message.ShouldContain("mux0");
}
