using System.Runtime.InteropServices;
using ChimneyActors.Buffers;

namespace ChimneyActors.TestKit;

/// <summary>Raw segments that reach the host.</summary>
internal sealed partial class SeededHost
{
    private readonly List<byte[]> _unprocessed = [];

    /// <summary>While the connection is on its way its segments may go past the adapter.</summary>
    private void LeaveWithSegments() => peer.IsLeaving = random.Percent(50);

    private void Forward(byte[] segment)
    {
        WorldPost first = New(OffloadOperation.Forward, segment, default, false);
        WorldPost last = first;
        for (int left = random.Percent(30) ? random.Between(1, 3) : 0;
            left > 0 && peer.TakeSegment() is { } next; left--)
        {
            WorldPost post = New(OffloadOperation.Forward, next, default, false);
            last.Next = post;
            last = post;
        }
        Post(first);
    }

    /// <summary>What was not processed the host processes itself, when it has the connection (FWD-06).</summary>
    private void SegmentAnswered(WorldPost post, NdisStatus status)
    {
        bool isLeft = status is NdisStatus.UploadInProgress or NdisStatus.RequestUpload or NdisStatus.UploadRequested;
        if (isLeft && MemoryMarshal.TryGetArray<byte>(post.Memory, out var segment))
            _unprocessed.Add(segment.Array!);
    }

    private void TakeSegmentsBack()
    {
        peer.IsLeaving = false;
        foreach (byte[] segment in _unprocessed)
            peer.Process(segment);
        _unprocessed.Clear();
    }
}
