using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Who breaks the rules is taken out of work, and nobody waits because of it.</summary>
public abstract class DisciplineSpecs(int breachesMax) : StackSpec
{
    internal override string Settings => $"chimney.verifier {{ on-breach = stop, breaches-max = {breachesMax} }}";

    internal override void Build(StackBuilder stack) => stack
        .Miniport("nic0", () => Target)
        .Intermediate("mux0", over: "nic0")
        .BrokenIntermediate("bad", over: "mux0", BrokenHabit.Doubles, oneIn: 1)
        .Binding("tcpip", over: "bad")
        .Binding("other", over: "mux0");

    [Fact]
    public async Task The_driver_is_stopped_as_failed_and_those_beside_it_work_on()
    {
        Expected = [VerifierCheck.UseAfterHandOver];
        OffloadedConnection beside = await OffloadAsync(NewSocket(), null, "other");
        for (int round = 0; round < 100 && Chimney.Adapter("bad").State != AdapterState.Halted; round++)
            await UseAsync();

        await Until(() => Chimney.Adapter("bad").State == AdapterState.Halted);

        Chimney.Adapter("bad").Halted.ShouldBe(HaltAction.DeviceFailed);
        Chimney.Violations.Count.ShouldBeGreaterThan(breachesMax);
        Chimney.Violations.ShouldAllBe(violation => violation.Driver == "bad");
        await Until(() => Chimney.Binding("tcpip").State == BindingState.Unbound);
        (await Should.ThrowAsync<OffloadException>(() => Chimney.Binding("tcpip").OffloadAsync(NewSocket())))
            .Status.ShouldBe(NdisStatus.Paused);
        (await Named("beside", beside.SendAsync(new byte[5]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        (await Named("upload", beside.UploadAsync())).Socket!.Dispose();
        Chimney.Adapter("nic0").State.ShouldBe(AdapterState.Running);
    }

    [Fact]
    public async Task It_may_be_started_again_by_hand()
    {
        Expected = [VerifierCheck.UseAfterHandOver];
        for (int round = 0; round < 100 && Chimney.Adapter("bad").State != AdapterState.Halted; round++)
            await UseAsync();
        await Until(() => Chimney.Adapter("bad").State == AdapterState.Halted);

        (await Named("initialise", Chimney.Adapter("bad").InitializeAsync())).IsDone.ShouldBeTrue();

        Chimney.Adapter("bad").State.ShouldBe(AdapterState.Running);
        Chimney.Binding("tcpip").State.ShouldBe(BindingState.Running);
    }

    private async Task UseAsync()
    {
        try
        {
            OffloadedConnection connection = await Named("offload", Chimney.Binding("tcpip").OffloadAsync(NewSocket()));
            await Named("send", connection.SendAsync(new byte[1]).AsTask());
            (await Named("upload", connection.UploadAsync())).Socket?.Dispose();
        }
        catch (OffloadException)
        {
            // It is on its way out.
        }
    }
}

public sealed class StopAtOnceSpecs() : DisciplineSpecs(0);

public sealed class StopAfterSomeSpecs() : DisciplineSpecs(5);

public sealed class TargetDisciplineSpecs : AdapterSpec
{
    internal override string Settings => "chimney.verifier.on-breach = stop";

    [Fact]
    public async Task A_target_is_taken_as_pulled_out_and_its_connections_go_home()
    {
        Expected = [VerifierCheck.UnexpectedComplete];
        OffloadedConnection connection = await OffloadAsync();

        Scripted.Upcalls.PauseComplete();

        await Until(() => Nic.State == AdapterState.Halted);
        Nic.Halted.ShouldBe(HaltAction.DeviceFailed);
        (await Named("upload", connection.UploadAsync())).Socket.ShouldNotBeNull().Dispose();
        Chimney.Violations.ShouldHaveSingleItem().Driver.ShouldBe("nic0");
    }
}
