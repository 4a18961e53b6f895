using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>A driver that writes down what passes; one stands over the driver under test, and one under it.</summary>
internal sealed class Tap(Stage stage, Place place, int number) : IntermediateDriver
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(1);
    private readonly Queue<OffloadRequest> _kept = new();
    private readonly List<OffloadCompletion> _gathered = [];

    /// <summary>What else it does to a request; null for nothing.</summary>
    public Action<OffloadRequest>? Before { get; init; }

    /// <summary>The binding above, where there is one.</summary>
    public string? Binding { get; init; }

    protected internal override void OnRequest(OffloadRequest request)
    {
        Before?.Invoke(request);
        if (_kept.Count == 0 && !Keeps(request))
        {
            Pass(request);
            return;
        }
        Hold(request);
        _kept.Enqueue(request);
        stage.Watch.Note(place, request.Connection, $"is kept, a {request.GetType().Name}");
        StartTimer(this, Often);
    }

    protected internal override void OnTimer(object key)
    {
        while (_kept.TryPeek(out OffloadRequest? next) && !Keeps(next))
            Pass(_kept.Dequeue());
        if (_kept.Count > 0)
            StartTimer(this, Often);
    }

    protected internal override void OnCompletion(OffloadCompletion completion)
    {
        stage.Watch.Completion(place, completion, adapter: number);
        if (place != Place.Below || completion is not TcpOffloadSendComplete || stage.Gathers == 0)
        {
            PassUp(completion);
            return;
        }
        Hold(completion);
        _gathered.Add(completion);
        if (_gathered.Sum(one => one.Flight.Count) < stage.Gathers)
            return;
        PassUpTogether([.. _gathered]);
        _gathered.Clear();
    }

    protected internal override void OnOid(OidRequest request)
    {
        stage.Watch.Life(place, Act.Call, LifeCall.Request, number, oid: request.Block);
        if (place == Place.Above && stage.Bars && request.Block is { Oid: Oid.TcpTaskOffload, Method: OidMethod.Query })
            Answer(request, Buffers.NdisStatus.NotSupported);
        else
            PassDown(request);
    }

    protected internal override Buffers.NdisStatus OnPause() => Note(LifeCall.Pause);

    protected internal override Buffers.NdisStatus OnRestart() => Note(LifeCall.Restart);

    protected internal override bool OnStatus(IndicateStatus status)
    {
        stage.Watch.Said(place, status.Status, number, status);
        return true;
    }

    private Buffers.NdisStatus Note(LifeCall call)
    {
        stage.Watch.Life(place, Act.Call, call, number, bound: stage.StateOf(Binding));
        return Buffers.NdisStatus.Success;
    }

    private bool Keeps(OffloadRequest request) => place == Place.Below && stage.Keeps?.Invoke(request) == true;

    private void Pass(OffloadRequest request)
    {
        stage.Watch.Request(place, request, number);
        PassDown(request);
    }
}
