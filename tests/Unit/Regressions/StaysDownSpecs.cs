using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A driver that has used up its restarts stayed down without a word: who only waited for data waited for
/// ever.</summary>
public sealed class StaysDownSpecs : StackSpec
{
    internal override string Settings => "chimney.restart.restarts-max = 0";

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", () => Target)
        .Intermediate("mux0", over: "nic0")
        .Intermediate("mux1", over: "mux0")
        .Binding("tcpip", over: "mux1");

    [Theory]
    [InlineData("mux0")]
    [InlineData("mux1")]
    [InlineData("tcpip")]
    public async Task Whoever_only_waits_is_asked_to_take_the_connection_back(string driver)
    {
        await using OffloadedConnection sending = await OffloadAsync();
        OffloadedConnection waiting = await OffloadAsync();
        Crashes.Arm(driver, CrashStep.Before, 0);

        await Named("send", sending.SendAsync(new byte[1]).AsTask());

        (await Named("wish", waiting.UploadWanted)).ShouldBe(TcpUploadReason.HardwareFailure);
        UploadResult rest = await Named("upload", waiting.UploadAsync());
        rest.Socket.ShouldNotBeNull();
        rest.Socket.Dispose();
    }

    /// <summary>What used up its restarts is shut down, it alone, and can be started again.</summary>
    [Theory]
    [InlineData("nic0", AdapterState.Halted, AdapterState.Halted, AdapterState.Halted)]
    [InlineData("mux0", AdapterState.Running, AdapterState.Halted, AdapterState.Halted)]
    [InlineData("mux1", AdapterState.Running, AdapterState.Running, AdapterState.Halted)]
    public async Task An_adapter_whose_driver_stays_down_is_halted_alone(
        string driver, AdapterState nic0, AdapterState mux0, AdapterState mux1)
    {
        OffloadedConnection waiting = await OffloadAsync();
        Crashes.Arm(driver, CrashStep.Before, 0);
        OffloadException refused = await Named("refusal", Should.ThrowAsync<OffloadException>(
            Chimney.Binding("tcpip").OffloadAsync(NewSocket())));
        refused.Status.ShouldBe(NdisStatus.Failure);

        await Until(() => Chimney.Adapter(driver).State == AdapterState.Halted
            && Chimney.Binding("tcpip").State == BindingState.Unbound);

        ((string[])["nic0", "mux0", "mux1"]).Select(name => Chimney.Adapter(name).State).ShouldBe([nic0, mux0, mux1]);
        Chimney.Adapter(driver).Halted.ShouldBe(HaltAction.DeviceFailed);
        (await Named("upload", waiting.UploadAsync())).Socket.ShouldNotBeNull();
        (await Named("revival", Chimney.Adapter(driver).InitializeAsync())).IsDone.ShouldBeTrue();
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_binding_that_stays_down_is_unbound_alone()
    {
        OffloadedConnection sending = await OffloadAsync();
        Crashes.Arm("tcpip", CrashStep.Before, 0);
        await Named("send", sending.SendAsync(new byte[1]).AsTask());

        await Until(() => Chimney.Binding("tcpip").State == BindingState.Unbound);

        Chimney.Adapter("mux1").State.ShouldBe(AdapterState.Running);
        (await Named("revival", Chimney.Binding("tcpip").BindAsync())).IsDone.ShouldBeTrue();
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }
}
