using Akka.Actor;
using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision;

/// <summary>Who failed, with what, and what then. A pure table.</summary>
internal static class FailurePolicy
{
    /// <summary>Drivers are never resumed and never restarted in place: a fresh instance is clearer than a half-updated
    /// one. Only what no fresh start can mend goes to the host.</summary>
    public static SupervisorStrategy Strategy { get; } = new OneForOneStrategy(
        exception => exception is OutOfMemoryException ? Directive.Escalate : Directive.Stop, loggingEnabled: false);

    /// <summary>The status of a request that the custodian brings home, no driver below having executed it.</summary>
    /// <param name="operation">The request.</param>
    /// <param name="connectionIsGood">Whether the connection can still be uploaded; then the host goes on with
    /// it.</param>
    public static NdisStatus StatusOf(OffloadOperation operation, bool connectionIsGood) => operation switch
    {
        OffloadOperation.Initiate or OffloadOperation.Terminate or OffloadOperation.Query or OffloadOperation.Update
            or OffloadOperation.Invalidate or OffloadOperation.ReachabilityQuery
            or OffloadOperation.Oid => NdisStatus.Failure,
        OffloadOperation.ReceiveIndicate => NdisStatus.OffloadDataNotAccepted,
        _ => connectionIsGood ? NdisStatus.UploadInProgress : NdisStatus.RequestAborted,
    };
}
