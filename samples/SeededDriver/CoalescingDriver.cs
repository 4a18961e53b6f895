using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace SeededDriver;

/// <summary>A driver as somebody might write it: tells of finished sends not one by one but a few at a time, as a NIC
/// moderates its interrupts.</summary>
/// <remarks>Its first version has a bug that no demonstration shows: it needs one completion more than fits, before the
/// timer ends.</remarks>
internal sealed class CoalescingDriver(bool isMended) : IntermediateDriver
{
    private const int BatchMax = 4;
    private static readonly TimeSpan Moderation = TimeSpan.FromMicroseconds(200);
    private readonly List<OffloadCompletion> _batch = [];

    protected override void OnCompletion(OffloadCompletion completion)
    {
        if (completion is not TcpOffloadSendComplete)
        {
            PassBatch();            // everything else comes after the sends before it
            PassUp(completion);
            return;
        }
        if (_batch.Count == BatchMax)
        {
            PassBatch();
            if (!isMended)
                return;             // the bug: the one that did not fit is in no batch, and nobody passes it
        }
        if (_batch.Count == 0)
            StartTimer(nameof(Moderation), Moderation);
        Hold(completion);
        _batch.Add(completion);
    }

    protected override void OnTimer(object key) => PassBatch();

    private void PassBatch()
    {
        foreach (OffloadCompletion completion in _batch)
            PassUp(completion);
        _batch.Clear();
    }
}
