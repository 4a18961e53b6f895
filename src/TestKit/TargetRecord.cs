using ChimneyActors.Buffers;

namespace ChimneyActors.TestKit;

/// <summary>What the target itself knows to have done: the truth that answers are measured by.</summary>
internal sealed class TargetRecord
{
    private readonly HashSet<OffloadHandle> _left = [];
    private readonly Dictionary<byte[], (long Offset, int Count)> _placed = [];
    private readonly Dictionary<(OffloadHandle, OffloadOperation, long), (NdisStatus Status, long Bytes)> _ended = [];

    private readonly HashSet<byte[]> _processed = [];

    /// <summary>A raw segment was processed.</summary>
    public void Processed(byte[] segment) => _processed.Add(segment);

    /// <summary>Whether it was.</summary>
    public bool HasProcessed(byte[] segment) => _processed.Contains(segment);

    /// <summary>A send or disconnect ended.</summary>
    public void Ended(NetBufferList list, NdisStatus status, long bytes) =>
        _ended[(list.Connection, list.Operation, list.StreamOffset)] = (status, bytes);

    /// <summary>How it ended at the target; null if it did not end there.</summary>
    public (NdisStatus Status, long Bytes)? EndOf(OffloadHandle handle, OffloadOperation operation, long offset) =>
        _ended.TryGetValue((handle, operation, offset), out (NdisStatus, long) end) ? end : null;

    /// <summary>The target has given a connection back, and said so.</summary>
    public void Left(OffloadHandle handle) => _left.Add(handle);

    /// <summary>Whether it has.</summary>
    public bool HasLeft(OffloadHandle handle) => _left.Contains(handle);

    /// <summary>So many bytes of the received stream were placed into this memory.</summary>
    public void Placed(byte[] memory, long offset, int count) => _placed[memory] = (offset, count);

    /// <summary>What was placed there; nothing if nothing was.</summary>
    public (long Offset, int Count) PlacedIn(byte[] memory) => _placed.GetValueOrDefault(memory);
}
