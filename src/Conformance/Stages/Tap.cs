using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>A driver that writes down what passes; one stands over the driver under test, and one under it.</summary>
internal sealed class Tap(Watch watch, Place place) : IntermediateDriver
{
    /// <summary>Over which adapter it stands.</summary>
    public int Adapter { get; init; }

    /// <summary>What else it does to a request; null for nothing.</summary>
    public Action<OffloadRequest>? Before { get; init; }

    protected internal override void OnRequest(OffloadRequest request)
    {
        Before?.Invoke(request);
        watch.Request(place, request, Adapter);
        PassDown(request);
    }

    protected internal override void OnCompletion(OffloadCompletion completion)
    {
        watch.Completion(place, completion);
        PassUp(completion);
    }
}
