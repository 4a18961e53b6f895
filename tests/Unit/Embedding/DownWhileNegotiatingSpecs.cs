using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>A driver stays down while the binding above it tells the adapter what it wants: nobody waits for
/// that.</summary>
public sealed class DownWhileNegotiatingSpecs : StackSpec
{
    internal override string Settings => "chimney.restart.restarts-max = 0";

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", () => Target)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0");

    [Fact]
    public async Task The_resume_ends_and_so_does_the_halt_of_the_driver()
    {
        Adapter nic = Chimney.Adapter("nic0");
        await Named("pause", nic.OffloadPauseAsync());
        Crashes.Arm("mux0", CrashStep.Before, 0);

        (await Named("resume", nic.OffloadResumeAsync())).IsDone.ShouldBeTrue();

        await Until(() => Chimney.Adapter("mux0").State == AdapterState.Halted);
        Chimney.Adapter("mux0").Halted.ShouldBe(HaltAction.DeviceFailed);
        nic.State.ShouldBe(AdapterState.Running);
    }
}
