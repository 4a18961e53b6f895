using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>Writes down what happens on a stage, from any thread, in one order.</summary>
internal sealed class Watch(Func<TimeSpan> now)
{
    private readonly Lock _gate = new();
    private readonly List<TraceEntry> _entries = [];
    private int _messages;

    /// <summary>Called after each entry, without the lock.</summary>
    public Action? Changed { get; set; }

    /// <summary>Everything seen so far.</summary>
    public TraceEntry[] Entries
    {
        get
        {
            lock (_gate)
                return [.. _entries];
        }
    }

    /// <summary>How much was seen so far.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>A request passes.</summary>
    public void Request(Place place, OffloadRequest request, int adapter = 0)
    {
        DisconnectKind kind = request is TcpOffloadDisconnect disconnect ? disconnect.Kind : default;
        Parcels(place, Act.Down, request, request.Flight.Head, request.Flight.Id, kind, adapter: adapter);
    }

    /// <summary>A completion passes.</summary>
    public void Completion(Place place, OffloadCompletion completion, bool inside = false, int adapter = 0) =>
        Parcels(place, IsAnswer(completion) ? Act.Answer : Act.Up, completion, completion.Flight.Head, null, default,
            inside, adapter);

    /// <summary>Data or an event passes.</summary>
    public void Indication(Place place, OffloadIndication indication, int adapter = 0)
    {
        if (indication is TcpOffloadReceiveIndicate data)
            Parcels(place, Act.Data, data, data.Flight.Head, data.Flight.Id, default, adapter: adapter);
        else if (indication is NeighborReachabilityQuery query)
            Parcels(place, Act.Question, query, query.Flight.Head, query.Flight.Id, default);
        else if (indication is TcpOffloadEvent said)
            Add(new TraceEntry(place, Act.Event, $"{said.Type} {said.Information} on {said.Connection}")
            {
                Connection = said.Connection,
                Said = said,
                Source = said,
            });
        else
            Note(place, indication.Connection, indication.GetType().Name);
    }

    /// <summary>The watermark of what the host has taken.</summary>
    public void Accepted(TcpOffloadReceiveAccepted accepted) => Add(
        new TraceEntry(Place.Target, Act.Answer, $"accepted through {accepted.Through} on {accepted.Connection}")
        {
            Connection = accepted.Connection,
            Offset = accepted.Through,
            Source = accepted,
        });

    /// <summary>A driver or a target is asked for its part in the life of an adapter, or has done it.</summary>
    public void Life(
        Place place, Act act, LifeCall call, int adapter, NdisStatus status = default, OidBlock? oid = null,
        BindingState? bound = null)
    {
        string about = oid is null ? "" : $" {oid.Method} {oid.Oid}";
        string end = act == Act.Return ? $": {status}" : "";
        Add(new TraceEntry(place, act, $"{call}{about}{end} at {adapter}")
        {
            Call = call,
            Status = status,
            Adapter = adapter,
            Oid = oid,
            Bound = bound,
        });
    }

    /// <summary>An adapter says something to everybody above it, or somebody hears it.</summary>
    public void Said(Place place, NdisStatus status, int adapter, IndicateStatus? spoken = null) =>
        Add(new TraceEntry(place, Act.Status, $"{status} at {adapter}")
        {
            Status = status,
            Adapter = adapter,
            Spoken = spoken,
        });

    /// <summary>Something outside of the stack happens.</summary>
    public void Note(Place place, OffloadHandle connection, string what) =>
        Add(new TraceEntry(place, Act.Note, $"{what} on {connection}") { Connection = connection });

    private static bool IsAnswer(OffloadCompletion completion) =>
        completion is TcpOffloadReceiveReturn or TcpOffloadReceiveRefused or NeighborReachabilityAnswer;

    private void Parcels(
        Place place, Act act, OffloadMessage source, Parcel head, FlightId? flight, DisconnectKind kind,
        bool inside = false, int adapter = 0)
    {
        int message = Interlocked.Increment(ref _messages);
        for (Parcel? parcel = head; parcel is not null; parcel = parcel.Next)
            Add(Snapshot(place, act, parcel, flight ?? parcel.Custody.Flight) with
            {
                // What was returned is in its pool again, and tells nothing of its journey.
                Connection = act == Act.Answer ? source.Connection : parcel.Connection,
                Source = source,
                Message = message,
                Kind = kind,
                Inside = inside,
                Adapter = adapter,
            });
    }

    private static TraceEntry Snapshot(Place place, Act act, Parcel parcel, FlightId flight)
    {
        var list = parcel as NetBufferList;
        int buffers = 0;
        for (NetBuffer? buffer = list?.FirstNetBuffer; buffer is not null; buffer = buffer.Next)
            buffers++;
        long length = list?.DataLength ?? 0;
        string end = act is Act.Up or Act.Answer ? $" {parcel.Status}, {parcel.BytesTransferred} bytes" : "";
        string text = $"{parcel.Operation} #{parcel.Id}/{flight.Value} at {parcel.StreamOffset}, {length} left{end} "
            + $"on {parcel.Connection}";
        return new TraceEntry(place, act, text)
        {
            Parcel = parcel,
            Flight = flight,
            Operation = parcel.Operation,
            Status = parcel.Status,
            Bytes = parcel.BytesTransferred,
            Offset = parcel.StreamOffset,
            Length = length,
            Advanced = list?.BytesAdvanced ?? 0,
            Depth = parcel.Frames.Depth,
            Buffers = buffers,
            Reserved = parcel.ProtocolReserved,
        };
    }

    private void Add(TraceEntry entry)
    {
        TimeSpan at = now();
        lock (_gate)
            _entries.Add(entry with { Number = _entries.Count + 1, At = at });
        Changed?.Invoke();
    }
}
