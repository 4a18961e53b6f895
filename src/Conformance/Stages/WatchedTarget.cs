using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>Stands before the target under test and writes down what passes the plug.</summary>
internal sealed class WatchedTarget(IOffloadTarget inner, Watch watch) : IOffloadTarget, IAsyncDisposable
{
    [ThreadStatic]
    private static bool _isAsking;

    private readonly ConditionalWeakTable<IOffloadUpcalls, WatchedUpcalls> _upcalls = [];
    private readonly ConcurrentDictionary<OffloadHandle, IOffloadUpcalls> _speakers = [];

    /// <summary>Whether it was ever asked something of a connection.</summary>
    public bool Serves(OffloadHandle connection) => _speakers.ContainsKey(connection);

    /// <summary>Says something of a connection in the target's place.</summary>
    public void Say(TcpOffloadEvent said) => _speakers[said.Connection].Indicate(said);

    public OffloadCapabilities Capabilities => inner.Capabilities;

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        watch.Request(Place.Target, request);
        _speakers[request.Connection] = Watched(upcalls);
        bool before = _isAsking;
        _isAsking = true;
        inner.Submit(request, Watched(upcalls));
        _isAsking = before;
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        if (answer is TcpOffloadReceiveAccepted accepted)
            watch.Accepted(accepted);
        else if (answer is OffloadCompletion completion)
            watch.Completion(Place.Target, completion);
        inner.Answer(answer, Watched(upcalls));
    }

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        watch.Note(Place.Target, connection, "sever");
        inner.Sever(connection, Watched(upcalls));
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        inner.Probe(connection, parcel, flight);

    public ValueTask DisposeAsync() =>
        inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private WatchedUpcalls Watched(IOffloadUpcalls upcalls) =>
        _upcalls.GetValue(upcalls, host => new WatchedUpcalls(host, watch));

    private sealed class WatchedUpcalls(IOffloadUpcalls host, Watch watch) : IOffloadUpcalls
    {
        public HolderId Holder => host.Holder;

        public NetBufferListPool ReceivePool => host.ReceivePool;

        public void Complete(OffloadCompletion completion)
        {
            watch.Completion(Place.Target, completion, _isAsking);
            host.Complete(completion);
        }

        public void Indicate(OffloadIndication indication)
        {
            watch.Indication(Place.Target, indication);
            host.Indicate(indication);
        }
    }
}
