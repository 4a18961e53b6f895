using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>What a target may say of a request that it finished. Asked on both ways home: by the connection, and by the
/// custodian when that is dead.</summary>
internal static class Settlement
{
    /// <summary>Checks status (V-05) and byte count (V-08).</summary>
    /// <exception cref="ContractViolationException">The target broke a rule.</exception>
    public static void Check(Parcel parcel, string target)
    {
        if (!IsAllowed(parcel.Operation, parcel.Status))
            throw new ContractViolationException(
                parcel is OffloadBlock && parcel.Status == NdisStatus.OffloadPartialSuccess
                    ? VerifierCheck.BlockStatus
                    : VerifierCheck.StatusNotAllowed,
                target, $"{parcel.Status} on a {parcel.Operation}");
        if (parcel is not NetBufferList list)
            return;
        // The data start moved by the count; what is left must be nothing when all was acknowledged (NBL-11).
        bool mustBeAll = list.Operation == OffloadOperation.Send
            || (list.Operation == OffloadOperation.Disconnect && list.Flags == (int)DisconnectKind.Graceful);
        if (list.BytesTransferred != list.BytesAdvanced
            || (mustBeAll && list.Status == NdisStatus.Success && list.DataLength != 0))
            throw new ContractViolationException(VerifierCheck.ByteAccount, target,
                $"{list.Status} with {list.BytesTransferred} bytes and {list.DataLength} left");
    }

    /// <summary>Whoever waits is not told what the target made up.</summary>
    public static void Correct(Parcel parcel, bool connectionIsGood)
    {
        parcel.Status = FailurePolicy.StatusOf(parcel.Operation, connectionIsGood);
        parcel.BytesTransferred = parcel is NetBufferList list ? list.BytesAdvanced : 0;
    }

    /// <summary>Whether the status stands in the table of the operation.</summary>
    public static bool IsAllowed(OffloadOperation operation, NdisStatus status) => operation switch
    {
        OffloadOperation.Send => status is NdisStatus.Success or NdisStatus.RequestAborted
            or NdisStatus.UploadInProgress or NdisStatus.InvalidState,
        OffloadOperation.Receive => status is NdisStatus.Success or NdisStatus.RequestAborted
            or NdisStatus.UploadInProgress or NdisStatus.InvalidState,
        OffloadOperation.Disconnect or OffloadOperation.Forward => status is NdisStatus.Success
            or NdisStatus.RequestAborted or NdisStatus.UploadInProgress,
        OffloadOperation.Terminate or OffloadOperation.Query or OffloadOperation.Update
            or OffloadOperation.Invalidate => status is NdisStatus.Success or NdisStatus.Failure,
        OffloadOperation.Initiate => IsAllowedOfInitiate(status),
        OffloadOperation.Oid => status is NdisStatus.Success or NdisStatus.Failure or NdisStatus.NotSupported
            or NdisStatus.InvalidParameter or NdisStatus.RequestAborted or NdisStatus.NotAccepted,
        _ => false,
    };

    // Partial success is for who sees a tree (V-25).
    private static bool IsAllowedOfInitiate(NdisStatus status) => status is NdisStatus.Success or NdisStatus.Failure
        or NdisStatus.Resources or NdisStatus.OffloadTcpEntries or NdisStatus.OffloadPathEntries
        or NdisStatus.OffloadNeighborEntries or NdisStatus.OffloadIpAddressEntries
        or NdisStatus.OffloadHwAddressEntries or NdisStatus.OffloadVlanEntries or NdisStatus.OffloadTcpRcvWindow
        or NdisStatus.OffloadVlanMismatch or NdisStatus.OffloadPathMtu or NdisStatus.OffloadConnectionRejected;
}
