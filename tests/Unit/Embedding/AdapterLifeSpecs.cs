using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>An adapter goes through its life under a running stack.</summary>
public sealed class AdapterLifeSpecs : StackSpec
{
    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", () => Target)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0")
        .Binding("other", over: "nic0");

    private Adapter Nic => Chimney.Adapter("nic0");

    [Fact]
    public async Task A_pause_takes_every_connection_back_and_a_restart_lets_it_be_offloaded_again()
    {
        OffloadedConnection[] connections = [await OffloadAsync(), await OffloadAsync(NewSocket(), null, "other")];
        Target.IsAutomatic = false;
        Task<SendResult> send = connections[0].SendAsync(new byte[5]).AsTask();

        await Done(Nic.PauseAsync());

        (await Named("send", send)).Status.ShouldBe(NdisStatus.UploadInProgress);
        States().ShouldBe((AdapterState.Paused, AdapterState.Paused, BindingState.Paused, BindingState.Paused));
        Chimney.Connections.ShouldBe(0);
        Target.IsAutomatic = true;
        UploadResult[] rests = await Named("rest", Task.WhenAll(connections.Select(one => one.UploadAsync())));
        rests.ShouldAllBe(rest => rest.Socket != null);
        connections.ShouldAllBe(one => one.UploadWanted.IsCompleted);
        await RefusedAsync(NdisStatus.Paused);

        await Done(Nic.RestartAsync());

        States().ShouldBe((AdapterState.Running, AdapterState.Running, BindingState.Running, BindingState.Running));
        OffloadedConnection again = await Named("again", Chimney.Binding("tcpip").OffloadAsync(rests[0]));
        (await Named("send", again.SendAsync(new byte[5]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", again.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_pause_waits_for_lent_data_and_says_who_has_it()
    {
        var lent = new TaskCompletionSource<ReceivedData>();
        OffloadedConnection connection = await OffloadAsync(new HearingUser { OnData = lent.SetResult });
        OffloadHandle handle = connection.Handle;
        Target[handle].Feed([1, 2, 3]);
        ReceivedData data = await Named("data", lent.Task);

        LifeResult paused = await Named("pause", Nic.PauseAsync(TimeSpan.Zero));

        paused.Status.ShouldBe(NdisStatus.Pending);
        await Until(() => Chimney.Connections == 0);
        (await Named("pause", Nic.PauseAsync(TimeSpan.Zero))).Held.ShouldAllBe(held => held.Holder == "the host");
        await Until(() => Nic.State == AdapterState.Pausing);
        Task<LifeResult> second = Nic.PauseAsync();
        data.Return();
        await Done(second);
        Nic.State.ShouldBe(AdapterState.Paused);
    }

    /// <summary>No binding lets anything through by then, so its state is set behind their backs.</summary>
    [Fact]
    public async Task What_comes_to_an_adapter_that_is_pausing_is_told_so()
    {
        AdapterInstance plugged = Chimney.Stack.Life.Adapters.Single(one => one.Name == "nic0").Current;
        plugged.TryMove(AdapterEvent.Pause).ShouldBeTrue();
        await RefusedAsync(NdisStatus.Paused);
        plugged.TryMove(AdapterEvent.PauseComplete).ShouldBeTrue();
        await RefusedAsync(NdisStatus.Paused);

        await Done(Nic.RestartAsync());

        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task An_operation_waits_for_the_one_before()
    {
        var lent = new TaskCompletionSource<ReceivedData>();
        OffloadedConnection connection = await OffloadAsync(new HearingUser { OnData = lent.SetResult });
        Target[connection.Handle].Feed([1]);
        ReceivedData data = await Named("data", lent.Task);
        Task<LifeResult> pause = Nic.PauseAsync();

        LifeResult restart = await Named("restart", Nic.RestartAsync(TimeSpan.Zero));

        restart.Status.ShouldBe(NdisStatus.Pending);
        restart.WaitsFor!.ShouldContain("waits for its turn");
        data.Return();
        await Done(pause);
        await Until(() => Nic.State == AdapterState.Running);
        await Named("rest", connection.UploadAsync());
    }

    [Fact]
    public async Task A_halt_unbinds_what_is_above_and_what_is_initialised_anew_works()
    {
        OffloadedConnection connection = await OffloadAsync();

        await Done(Nic.HaltAsync());

        States().ShouldBe((AdapterState.Halted, AdapterState.Halted, BindingState.Unbound, BindingState.Unbound));
        Nic.Halted.ShouldBe(HaltAction.DeviceDisabled);
        Chimney.Adapter("mux0").Halted.ShouldBe(HaltAction.DeviceInstanceDeInitialized);
        await RefusedAsync(NdisStatus.Paused);
        (await Named("rest", connection.UploadAsync())).Socket.ShouldNotBeNull();

        await Done(Nic.InitializeAsync());

        Nic.Halted.ShouldBeNull();
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Live_connections_of_a_removed_adapter_come_back_alive()
    {
        OffloadedConnection connection = await OffloadAsync();
        OffloadedConnection stuck = await OffloadAsync(NewSocket(), null, "other");
        Target.IsAutomatic = false;
        Task<SendResult> send = stuck.SendAsync(new byte[9]).AsTask();

        await Done(Nic.RemoveAsync());

        Nic.Halted.ShouldBe(HaltAction.DeviceSurpriseRemoved);
        (await Named("send", send)).Status.ShouldBe(NdisStatus.UploadInProgress);
        foreach (OffloadedConnection one in (OffloadedConnection[])[connection, stuck])
        {
            (await Named("wish", one.UploadWanted)).ShouldBe(TcpUploadReason.HardwareFailure);
            (await Named("rest", one.UploadAsync())).Socket.ShouldNotBeNull();
        }
        Target.IsAutomatic = true;
        await Done(Nic.InitializeAsync());
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task What_is_removed_takes_nothing_and_comes_back_though_the_host_still_has_its_data()
    {
        var lent = new TaskCompletionSource<ReceivedData>();
        OffloadedConnection connection = await OffloadAsync(new HearingUser { OnData = lent.SetResult });
        Target[connection.Handle].Feed([1]);
        ReceivedData data = await Named("data", lent.Task);

        LifeResult removed = await Named("removal", Nic.RemoveAsync(TimeSpan.Zero));
        await Done(Nic.InitializeAsync());

        removed.Status.ShouldBe(NdisStatus.Pending);
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
        data.Return();
        await Named("rest", connection.UploadAsync());
    }

    [Fact]
    public async Task One_binding_goes_and_comes_while_the_others_work()
    {
        OffloadedConnection mine = await OffloadAsync();
        OffloadedConnection other = await OffloadAsync(NewSocket(), null, "other");

        await Done(Chimney.Binding("tcpip").UnbindAsync());

        (await Named("rest", mine.UploadAsync())).Socket.ShouldNotBeNull();
        (await Named("send", other.SendAsync(new byte[1]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Done(Nic.PauseAsync());
        await Done(Nic.RestartAsync());
        Chimney.Binding("tcpip").State.ShouldBe(BindingState.Unbound);
        Chimney.Binding("other").State.ShouldBe(BindingState.Running);

        await Done(Chimney.Binding("tcpip").BindAsync());

        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
        await Named("rest", other.UploadAsync());
    }

    [Fact]
    public async Task Asking_for_what_is_so_already_succeeds()
    {
        await Done(Nic.RestartAsync());
        await Done(Nic.InitializeAsync());
        await Done(Nic.PauseAsync());
        await Done(Nic.PauseAsync());
        await Done(Nic.HaltAsync());
        await Done(Nic.HaltAsync());
        await Done(Nic.RemoveAsync());
        await Done(Nic.PauseAsync());
        await Done(Nic.InitializeAsync());
        Nic.State.ShouldBe(AdapterState.Running);
    }

    [Fact]
    public void A_virtual_adapter_cannot_be_pulled_out() =>
        Should.Throw<InvalidOperationException>(() => { _ = Chimney.Adapter("mux0").RemoveAsync(); })
            .Message.ShouldContain("mux0");

    [Fact]
    public void Only_what_is_there_has_a_name() =>
        Should.Throw<KeyNotFoundException>(() => Chimney.Adapter("nic7")).Message.ShouldContain("nic0, mux0");

    private async Task RefusedAsync(NdisStatus status) =>
        (await Should.ThrowAsync<OffloadException>(() => Chimney.Binding("tcpip").OffloadAsync(NewSocket())))
            .Status.ShouldBe(status);

    private async Task Done(Task<LifeResult> operation)
    {
        LifeResult result = await Named("operation", operation);
        result.IsDone.ShouldBeTrue($"{result.Status}: {result.WaitsFor}; {string.Join("; ", result.Held)}");
    }

    private (AdapterState, AdapterState, BindingState, BindingState) States() => (Nic.State,
        Chimney.Adapter("mux0").State, Chimney.Binding("tcpip").State, Chimney.Binding("other").State);
}
