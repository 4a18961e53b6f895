using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>Finds requests that are out for longer than the host allows (V-14); made only where it allows a limit.
/// </summary>
/// <remarks>A request has no clock of its own: to make one costs nothing. It is as old, at least, as the time
/// for which it has been seen on the same journey: who is reported was out for too long, though perhaps by an interval
/// of the watch longer than is said. What goes up, received data and questions of a target, is no request.</remarks>
internal sealed class AgeWatch(DriverStack stack, Edge[] drivers)
{
    private readonly StackViewer _viewer = new(stack, drivers);
    private Dictionary<Parcel, Sighting> _seen = [];
    private Dictionary<Parcel, Sighting> _next = [];

    /// <summary>Looks at all that is out; on one thread at a time.</summary>
    public void Look()
    {
        long now = stack.Now;
        foreach (Parcel parcel in _viewer.Out().Where(IsRequest))
        {
            FlightId flight = parcel.Custody.Flight;
            if (!_seen.TryGetValue(parcel, out Sighting sighting) || sighting.Flight != flight)
                sighting = new Sighting(flight, now, IsReported: false);
            if (!sighting.IsReported && stack.Clock.GetElapsedTime(sighting.Since, now) is var age
                && age >= stack.Settings.RequestAgeMax)
            {
                Report(parcel, flight, age);
                sighting = sighting with { IsReported = true };
            }
            _next[parcel] = sighting;
        }
        (_seen, _next) = (_next, _seen);
        _next.Clear();
    }

    /// <summary>What travels in a chain is judged by its head.</summary>
    private static bool IsRequest(Parcel parcel) => parcel.Custody.Holder != HolderId.Chain && !parcel.BeganBelow;

    private void Report(Parcel parcel, FlightId flight, TimeSpan age)
    {
        (RequestView view, string driver) = _viewer.Blame(parcel);
        stack.Ledger.Report(VerifierCheck.TooOld, driver, parcel, flight,
            $"out for {age} at least, held by {view.Holder}, waits for {view.WaitsFor}: at most "
            + $"{stack.Settings.RequestAgeMax} is lawful (chimney.verifier.request-age-max)");
    }

    private readonly record struct Sighting(FlightId Flight, long Since, bool IsReported);
}
