using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>Answers what is asked of connections that are not here (any more): never late, never not at all.</summary>
internal sealed class StrayHandler : LoopHandler
{
    internal override void OnPosted(object message, object? sender)
    {
        var upcalls = (IOffloadUpcalls)sender!;
        if (message is OffloadHandle handle)
            StrayAnswers.SayNothingLeft(handle, upcalls);
        else
            StrayAnswers.Answer((OffloadRequest)message, NdisStatus.UploadInProgress, upcalls);
    }

    internal override void OnReady(Readiness ready)
    {
    }

    internal override AckWait OnAckDue() => AckWait.Over;

    internal override void OnAgain()
    {
    }

    internal override void OnFault(Exception fault)
    {
    }
}
