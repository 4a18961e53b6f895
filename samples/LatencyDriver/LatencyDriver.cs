using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace LatencyDriver;

/// <summary>Measures how long everything below it takes for a send: from here down to the acknowledgement of the peer,
/// and back.</summary>
/// <remarks>It holds nothing, so there is little to do right: pass each message on, once and in order, and touch none
/// after that. What it learns is in a <see cref="LatencyTable"/>, which outlives its deaths.</remarks>
public sealed class LatencyDriver(LatencyTable table) : IntermediateDriver
{
    private readonly Dictionary<long, long> _begun = [];     // by parcel: no two sends have the same one at a time

    /// <summary>For the conformance kit, which makes its drivers without any settings.</summary>
    public LatencyDriver()
        : this(new LatencyTable())
    {
    }

    /// <inheritdoc/>
    protected override void OnRequest(OffloadRequest request)
    {
        if (request is TcpOffloadSend)
            for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
                _begun[parcel.Id] = Clock.GetTimestamp();
        PassDown(request);
    }

    /// <inheritdoc/>
    protected override void OnCompletion(OffloadCompletion completion)
    {
        // A completion may carry sends of several requests, and of several connections: each is looked at by itself.
        if (completion is TcpOffloadSendComplete)
            for (Parcel? parcel = completion.Flight.Head; parcel is not null; parcel = parcel.Next)
                if (_begun.Remove(parcel.Id, out long begun) && parcel.Status == NdisStatus.Success)
                    table.Add(parcel.Connection, Clock.GetElapsedTime(begun));
        PassUp(completion);
    }
}

/// <summary>How long the sends of each connection took.</summary>
public sealed class LatencyTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<OffloadHandle, List<TimeSpan>> _took = [];

    /// <summary>A send took so long.</summary>
    public void Add(OffloadHandle connection, TimeSpan took)
    {
        lock (_gate)
        {
            if (!_took.TryGetValue(connection, out List<TimeSpan>? all))
                _took.Add(connection, all = []);
            all.Add(took);
        }
    }

    /// <summary>Each connection with its number of sends, their median and the longest.</summary>
    public IReadOnlyList<(OffloadHandle Connection, int Sends, TimeSpan Median, TimeSpan Longest)> Rows()
    {
        lock (_gate)
            return [.. _took.Select(one => (one.Key, one.Value.Count,
                one.Value.Order().ElementAt(one.Value.Count / 2), one.Value.Max()))];
    }
}
