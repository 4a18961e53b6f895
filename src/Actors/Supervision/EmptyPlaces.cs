using System.Collections.Concurrent;

namespace ChimneyActors.Supervision;

/// <summary>Who found a driver's place empty, to be told when there is a driver in it again. So the start of a driver
/// costs what waits for it, however many connections there are.</summary>
internal sealed class EmptyPlaces
{
    private readonly ConcurrentDictionary<Edge, ConcurrentQueue<ConnectionEntry>> _waiting = new();

    /// <summary>Waits for a driver. First the wish, then the look: whoever comes into the place meanwhile does it the
    /// other way round, and one of the two sees the other.</summary>
    /// <returns>False: there is somebody in the place by now; the wish stands all the same.</returns>
    public bool IsEmptyFor(Edge place, ConnectionEntry entry)
    {
        _waiting.GetOrAdd(place, static _ => new ConcurrentQueue<ConnectionEntry>()).Enqueue(entry);
        Interlocked.MemoryBarrier();
        return place.Current is null;
    }

    /// <summary>Everybody who waits for this driver, once; by the driver that is in its place.</summary>
    /// <remarks>Who wished it several times while nobody was there is told once: what a driver is told of a connection,
    /// and dies before it has heard, is a wish again for each message, so they would double with each death. One that
    /// wishes it meanwhile may have more to say, and is told again. If the driver dies on the way the rest waits for
    /// the next one.</remarks>
    public IEnumerable<ConnectionEntry> TakeAll(Edge place)
    {
        if (!_waiting.TryGetValue(place, out ConcurrentQueue<ConnectionEntry>? queue))
            yield break;
        var told = new HashSet<ConnectionEntry>();
        for (int left = queue.Count; left > 0; left = queue.Count)
        {
            told.Clear();
            for (; left > 0 && queue.TryDequeue(out ConnectionEntry? entry); left--)
                if (told.Add(entry))
                    yield return entry;
        }
    }
}
