using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Supervision;

public sealed class FailurePolicySpecs
{
    [Theory]
    [InlineData(OffloadOperation.Initiate, NdisStatus.Failure, NdisStatus.Failure)]
    [InlineData(OffloadOperation.Terminate, NdisStatus.Failure, NdisStatus.Failure)]
    [InlineData(OffloadOperation.Send, NdisStatus.UploadInProgress, NdisStatus.RequestAborted)]
    [InlineData(OffloadOperation.Receive, NdisStatus.UploadInProgress, NdisStatus.RequestAborted)]
    [InlineData(OffloadOperation.Disconnect, NdisStatus.UploadInProgress, NdisStatus.RequestAborted)]
    [InlineData(OffloadOperation.ReceiveIndicate, NdisStatus.OffloadDataNotAccepted, NdisStatus.OffloadDataNotAccepted)]
    public void What_is_brought_home_says_what_the_host_can_do(
        OffloadOperation operation, NdisStatus good, NdisStatus lost)
    {
        FailurePolicy.StatusOf(operation, connectionIsGood: true).ShouldBe(good);
        FailurePolicy.StatusOf(operation, connectionIsGood: false).ShouldBe(lost);
    }

    [Fact]
    public void A_driver_that_throws_is_stopped_and_only_want_of_memory_goes_to_the_host()
    {
        IDecider decider = FailurePolicy.Strategy.ShouldBeOfType<OneForOneStrategy>().Decider;
        Exception[] failures =
        [
            new InvalidOperationException(), new ActorInitializationException("x"), new ActorKilledException("x"),
            new ContractViolationException(VerifierCheck.Order, "nic0", "x"), new OperationCanceledException(),
            new InjectedCrashException(1, "nic0", CrashStep.Before), new IOException(), new TimeoutException(),
        ];
        failures.ShouldAllBe(failure => decider.Decide(failure) == Directive.Stop);
        decider.Decide(new InsufficientMemoryException()).ShouldBe(Directive.Escalate);
    }
}
