using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>What a target may say of a request that it finished: every status of every operation, and the count of its
/// bytes (V-05, V-08).</summary>
public sealed class SettlementSpecs
{
    private static readonly NdisStatus[] OfData =
    [
        NdisStatus.Success, NdisStatus.RequestAborted, NdisStatus.UploadInProgress, NdisStatus.InvalidState,
    ];

    private static readonly Dictionary<OffloadOperation, NdisStatus[]> Allowed = new()
    {
        [OffloadOperation.None] = [],
        [OffloadOperation.Initiate] =
        [
            NdisStatus.Success, NdisStatus.Failure, NdisStatus.Resources, NdisStatus.OffloadTcpEntries,
            NdisStatus.OffloadPathEntries, NdisStatus.OffloadNeighborEntries, NdisStatus.OffloadIpAddressEntries,
            NdisStatus.OffloadHwAddressEntries, NdisStatus.OffloadVlanEntries, NdisStatus.OffloadTcpRcvWindow,
            NdisStatus.OffloadVlanMismatch, NdisStatus.OffloadPathMtu, NdisStatus.OffloadConnectionRejected,
        ],
        [OffloadOperation.Terminate] = [NdisStatus.Success, NdisStatus.Failure],
        [OffloadOperation.Send] = OfData,
        [OffloadOperation.Receive] = OfData,
        [OffloadOperation.Disconnect] = OfData[..3],
        [OffloadOperation.Forward] = OfData[..3],
        [OffloadOperation.ReceiveIndicate] = [],
        [OffloadOperation.Query] = [NdisStatus.Success, NdisStatus.Failure],
        [OffloadOperation.Update] = [NdisStatus.Success, NdisStatus.Failure],
        [OffloadOperation.Invalidate] = [NdisStatus.Success, NdisStatus.Failure],
        [OffloadOperation.ReachabilityQuery] = [],
        [OffloadOperation.Oid] =
        [
            NdisStatus.Success, NdisStatus.Failure, NdisStatus.NotSupported, NdisStatus.InvalidParameter,
            NdisStatus.RequestAborted, NdisStatus.NotAccepted,
        ],
    };

    private readonly NetBufferListPool _pool = Lists.Pool(1000);

    [Fact]
    public void Every_status_of_every_operation()
    {
        foreach (OffloadOperation operation in Enum.GetValues<OffloadOperation>())
            foreach (NdisStatus status in Enum.GetValues<NdisStatus>())
            {
                Parcel parcel = IsOfState(operation)
                    ? new OffloadBlock { Operation = operation }
                    : _pool.Filled(operation);
                bool isPartial = parcel is OffloadBlock && status == NdisStatus.OffloadPartialSuccess;
                VerifierCheck check = isPartial ? VerifierCheck.BlockStatus : VerifierCheck.StatusNotAllowed;
                Verdict(parcel, status, 0).ShouldBe(Allowed[operation].Contains(status) ? null : check,
                    $"{status} on {operation}");
            }
    }

    private static bool IsOfState(OffloadOperation operation) => operation is OffloadOperation.Initiate
        or OffloadOperation.Terminate or OffloadOperation.Query or OffloadOperation.Update
        or OffloadOperation.Invalidate or OffloadOperation.ReachabilityQuery;

    /// <summary>Of ten bytes. SUCCESS of a send or a graceful disconnect says that all were acknowledged (SEND-03,
    /// DISC-13); nothing else does. Nobody moves more than there is, or less than nothing (NBL-08, NBL-11).</summary>
    [Theory]
    [InlineData(OffloadOperation.Send, NdisStatus.Success, "10")]
    [InlineData(OffloadOperation.Send, NdisStatus.RequestAborted, "0 1 9 10")]
    [InlineData(OffloadOperation.Send, NdisStatus.UploadInProgress, "0 1 9 10")]
    [InlineData(OffloadOperation.Receive, NdisStatus.Success, "0 1 9 10")]
    [InlineData(OffloadOperation.Receive, NdisStatus.RequestAborted, "0 1 9 10")]
    [InlineData(OffloadOperation.Receive, NdisStatus.UploadInProgress, "0 1 9 10")]
    [InlineData(OffloadOperation.Disconnect, NdisStatus.Success, "10")]
    [InlineData(OffloadOperation.Disconnect, NdisStatus.RequestAborted, "0 1 9 10")]
    [InlineData(OffloadOperation.Disconnect, NdisStatus.UploadInProgress, "0 1 9 10")]
    public void Every_count_of_bytes(OffloadOperation operation, NdisStatus status, string lawful)
    {
        foreach (long bytes in new[] { long.MinValue, -1, 0, 1, 9, 10, 11, long.MaxValue })
        {
            NetBufferList list = _pool.Filled(operation, 10);
            list.Flags = operation == OffloadOperation.Disconnect ? (int)DisconnectKind.Graceful : 0;
            bool allowed = lawful.Split(' ').Contains($"{bytes}");
            Verdict(list, status, bytes).ShouldBe(
                allowed ? null : VerifierCheck.ByteAccount, $"{bytes} bytes, {status} on {operation}");
        }
    }

    [Fact]
    public void A_forward_counts_nothing()
    {
        foreach (long bytes in new[] { -1, 0, 1, 10 })
            Verdict(_pool.Filled(OffloadOperation.Forward, 10), NdisStatus.Success, bytes)
                .ShouldBe(bytes == 0 ? null : VerifierCheck.ByteAccount);
    }

    [Fact]
    public void An_abortive_disconnect_has_nothing_to_acknowledge()
    {
        foreach (long bytes in new[] { -1, 0, 1 })
        {
            NetBufferList list = _pool.Filled(OffloadOperation.Disconnect);
            list.Flags = (int)DisconnectKind.Abortive;
            Verdict(list, NdisStatus.Success, bytes).ShouldBe(bytes == 0 ? null : VerifierCheck.ByteAccount);
        }
    }

    [Fact]
    public void Bytes_of_every_buffer_count()
    {
        foreach (long bytes in new[] { 10, 14, 15 })
        {
            NetBufferList list = _pool.Filled(OffloadOperation.Send, 10);
            var second = new NetBuffer();
            second.Attach(new byte[5].AsMemory());
            list.FirstNetBuffer.Next = second;
            Verdict(list, NdisStatus.Success, bytes).ShouldBe(bytes == 15 ? null : VerifierCheck.ByteAccount);
        }
    }

    [Fact]
    public void The_report_names_the_target_and_what_it_said()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send, 10);
        Complete(list, NdisStatus.Success, 4);
        ContractViolationException refused =
            Should.Throw<ContractViolationException>(() => Settlement.Check(list, "nic0"));
        refused.Driver.ShouldBe("nic0");
        refused.Message.ShouldBe("V-08 ByteAccount by nic0: Success with 4 bytes and 6 left");
    }

    private static VerifierCheck? Verdict(Parcel parcel, NdisStatus status, long bytes)
    {
        Complete(parcel, status, bytes);
        try
        {
            Settlement.Check(parcel, "nic0");
            return null;
        }
        catch (ContractViolationException refused)
        {
            return refused.Check;
        }
    }

    private static void Complete(Parcel parcel, NdisStatus status, long bytes)
    {
        Flight.Depart(parcel, HolderId.Next());
        parcel.Claim().TryComplete(status, bytes).ShouldBeTrue();
    }
}
