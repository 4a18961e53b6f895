using ChimneyActors.Buffers;
using ChimneyActors.Protocols;

namespace ChimneyActors.TestKit;

/// <summary>One request of the workload, and how often it was answered.</summary>
internal sealed class WorldPost(SeededHost host, BindingConnection core, OffloadOperation operation, int number)
    : Post(core, operation)
{
    /// <summary>Where <see cref="Post.Memory"/> is cut into pieces, each a NET_BUFFER of its own.</summary>
    public int[]? Cuts
    {
        private get;
        init
        {
            IsGathered = value is not null;
            field = value;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ReadOnlyMemory<byte>> Pieces =>
    [
        .. Cuts!.Append(Memory.Length).Zip(Cuts!.Prepend(0), (end, start) => (ReadOnlyMemory<byte>)Memory[start..end]),
    ];

    /// <summary>In the order in which the host posted them.</summary>
    public int Number => number;

    /// <summary>How often it was answered.</summary>
    public int Answers { get; private set; }

    /// <summary>What it was told.</summary>
    public (NdisStatus Status, long Bytes) Told { get; private set; }

    /// <summary>Whether the send half was closed, or the connection being given up, when it was posted.</summary>
    public bool IsLate { get; init; }

    /// <summary>Whether it was posted behind a terminate, which may be answered before it.</summary>
    public bool IsBehind { get; init; }

    /// <summary>Whether the host has said that it is no longer wanted.</summary>
    public bool IsUnwanted { get; set; }

    /// <summary>For the trace and for reports.</summary>
    public FormattableString What => $"{Operation} {number} at {StreamOffset}+{Memory.Length}";

    /// <inheritdoc/>
    protected override void OnDone(NdisStatus status, long bytes)
    {
        Answers++;
        Told = (status, bytes);
        host.Answered(this, status, bytes);
    }
}
