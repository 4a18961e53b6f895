using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>Stands before the target under test, writes down what passes the plug, and keeps some of it back when a
/// case wants that.</summary>
internal sealed partial class WatchedTarget(IOffloadTarget inner, Watch watch, int number)
    : IOffloadAdapter, IAsyncDisposable
{
    [ThreadStatic]
    private static bool _isAsking;

    private readonly Lock _gate = new();
    private readonly ConditionalWeakTable<IOffloadUpcalls, WatchedUpcalls> _upcalls = [];
    private readonly ConcurrentDictionary<OffloadHandle, IOffloadUpcalls> _speakers = [];
    private readonly List<(OffloadRequest Request, IOffloadUpcalls Upcalls)> _kept = [];
    private readonly List<(OffloadMessage Answer, IOffloadUpcalls Upcalls)> _keptAnswers = [];
    private bool _keepsAnswers;
    private int _inside;

    /// <summary>Which adapter it is.</summary>
    public int Number => number;

    /// <summary>Which requests do not reach the target until <see cref="LetGo"/>; null for none.</summary>
    public Func<OffloadRequest, bool>? Keeps { get; set; }

    /// <summary>What it says that it can do, if that is to differ from what the target can.</summary>
    public Func<OffloadCapabilities, OffloadCapabilities>? Shows { get; set; }

    /// <summary>Whether somebody is just handing it a request: what was seen may not have come to the target yet.
    /// </summary>
    public bool IsBeingAsked => Volatile.Read(ref _inside) > 0;

    /// <summary>Whether it was ever asked something of a connection.</summary>
    public bool Serves(OffloadHandle connection) => _speakers.ContainsKey(connection);

    /// <summary>Says something of a connection in the target's place.</summary>
    public void Say(TcpOffloadEvent said) => _speakers[said.Connection].Indicate(said);

    public OffloadCapabilities Capabilities => Shows?.Invoke(inner.Capabilities) ?? inner.Capabilities;

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        Interlocked.Increment(ref _inside);
        try
        {
            Pass(request, upcalls);
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    private void Pass(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        watch.Request(Place.Target, request, number);
        _speakers[request.Connection] = Watched(upcalls);
        lock (_gate)
            if (Keeps?.Invoke(request) == true)
            {
                _kept.Add((request, upcalls));
                return;
            }
        bool before = _isAsking;
        _isAsking = true;
        inner.Submit(request, Watched(upcalls));
        _isAsking = before;
    }

    /// <summary>What was kept reaches the target now, in order, and nothing is kept any more.</summary>
    public void LetGo()
    {
        (OffloadRequest Request, IOffloadUpcalls Upcalls)[] kept;
        lock (_gate)
        {
            Keeps = null;
            kept = [.. _kept];
            _kept.Clear();
        }
        foreach ((OffloadRequest request, IOffloadUpcalls upcalls) in kept)
            inner.Submit(request, Watched(upcalls));
    }

    /// <summary>What the host answers to indications does not reach the target until <see cref="LetAnswer"/>: it is
    /// in the middle of them.</summary>
    public void KeepAnswers()
    {
        lock (_gate)
            _keepsAnswers = true;
    }

    /// <summary>The answers that were kept reach the target now, in order, and none is kept any more.</summary>
    public void LetAnswer()
    {
        (OffloadMessage Answer, IOffloadUpcalls Upcalls)[] kept;
        lock (_gate)
        {
            _keepsAnswers = false;
            kept = [.. _keptAnswers];
            _keptAnswers.Clear();
        }
        foreach ((OffloadMessage answer, IOffloadUpcalls upcalls) in kept)
            Answer(answer, upcalls);
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        lock (_gate)
            if (_keepsAnswers)
            {
                _keptAnswers.Add((answer, upcalls));
                return;
            }
        if (answer is TcpOffloadReceiveAccepted accepted)
            watch.Accepted(accepted);
        else if (answer is OffloadCompletion completion)
            watch.Completion(Place.Target, completion, adapter: number);
        inner.Answer(answer, Watched(upcalls));
    }

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        watch.Note(Place.Target, connection, "sever");
        inner.Sever(connection, Watched(upcalls));
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        lock (_gate)
            if (_kept.Exists(kept => kept.Request.Connection == connection))
                return RequestProgress.WaitingForPeer;
        return inner.Probe(connection, parcel, flight);
    }

    public ValueTask DisposeAsync() =>
        inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private WatchedUpcalls Watched(IOffloadUpcalls upcalls) =>
        _upcalls.GetValue(upcalls, host => new WatchedUpcalls(host, watch, number));

    private sealed class WatchedUpcalls(IOffloadUpcalls host, Watch watch, int number) : IOffloadUpcalls
    {
        public HolderId Holder => host.Holder;

        public NetBufferListPool ReceivePool => host.ReceivePool;

        public void Complete(OffloadCompletion completion)
        {
            watch.Completion(Place.Target, completion, _isAsking, number);
            host.Complete(completion);
        }

        public void Indicate(OffloadIndication indication)
        {
            watch.Indication(Place.Target, indication, number);
            host.Indicate(indication);
        }
    }
}
