using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>Answers what is asked of connections that are not here (any more).</summary>
internal sealed class StrayLane : SimulatedLane
{
    internal override void Take(object message, IOffloadUpcalls? sender) =>
        Refuse(message, sender, NdisStatus.UploadInProgress);

    internal override void Run()
    {
    }

    /// <summary>Answers anything that a connection can be told.</summary>
    /// <param name="message">A request, an answer to an indication, or a signal.</param>
    /// <param name="sender">Who told it; null for a signal of the target itself.</param>
    /// <param name="ofData">What a send, receive or disconnect gets.</param>
    internal static void Refuse(object message, IOffloadUpcalls? sender, NdisStatus ofData)
    {
        switch (message)
        {
            case OffloadRequest request: StrayAnswers.Answer(request, ofData, sender!); break;
            case OffloadMessage answer: StrayAnswers.TakeBack(answer, sender!); break;
            case SeverSignal sever: StrayAnswers.SayNothingLeft(sever.Connection, sender!); break;
        }
    }
}
