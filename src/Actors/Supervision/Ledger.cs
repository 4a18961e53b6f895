using System.Collections.Concurrent;
using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision;

/// <summary>The counts that the cells cannot keep, and the reports of unlawful moves. Not on the hot path's
/// way.</summary>
internal sealed class Ledger : IVerifier
{
    private const int ReportsMax = 1000;
    private readonly ConcurrentQueue<Violation> _reports = new();
    private readonly ConcurrentQueue<Tally> _tallies = new();
    private long _posted;
    private long _completed;
    private long _orphaned;
    private long _broughtHome;
    private long _quarantined;
    private long _violations;
    private long _deaths;

    /// <summary>Whether a violation was made on purpose by a test; such a one is not counted.</summary>
    public Func<Violation, bool>? IsInjected { get; set; }

    /// <summary>Told of each violation that counts.</summary>
    public Action<Violation>? OnViolation { get; set; }

    public long Posted => Interlocked.Read(ref _posted) + _tallies.Sum(tally => tally.Posted);

    public long Completed => Interlocked.Read(ref _completed) + _tallies.Sum(tally => tally.Completed);

    public long Orphaned => Interlocked.Read(ref _orphaned);

    public long BroughtHome => Interlocked.Read(ref _broughtHome);

    public long Quarantined => Interlocked.Read(ref _quarantined);

    public long Violations => Interlocked.Read(ref _violations);

    public long DriverDeaths => Interlocked.Read(ref _deaths);

    /// <summary>The first thousand reports.</summary>
    public IReadOnlyCollection<Violation> Reports => _reports;

    /// <summary>For a driver that counts much, and never twice at once.</summary>
    public Tally AddTally()
    {
        var tally = new Tally();
        _tallies.Enqueue(tally);
        return tally;
    }

    public void CountPosted(int parcels) => Interlocked.Add(ref _posted, parcels);

    public void CountCompleted(int parcels) => Interlocked.Add(ref _completed, parcels);

    public void CountOrphaned() => Interlocked.Increment(ref _orphaned);

    public void CountBroughtHome() => Interlocked.Increment(ref _broughtHome);

    public void CountQuarantined() => Interlocked.Increment(ref _quarantined);

    public void CountDeath() => Interlocked.Increment(ref _deaths);

    /// <inheritdoc/>
    public void Report(Violation violation)
    {
        if (IsMeant(violation))
            return;
        Interlocked.Increment(ref _violations);
        if (_reports.Count < ReportsMax)
            _reports.Enqueue(violation);
        try
        {
            OnViolation?.Invoke(violation);
        }
        catch (Exception)
        {
            // Whoever reports is bringing something home, and may not be stopped by a listener.
        }
    }

    private bool IsMeant(Violation violation)
    {
        try
        {
            return IsInjected?.Invoke(violation) == true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>Reports an unlawful move on a parcel.</summary>
    public void Report(VerifierCheck check, string driver, Parcel parcel, FlightId flight, string what) =>
        Report(new Violation(check, driver, parcel.Connection, parcel.Id, flight, $"{what}; {parcel.Describe()}"));
}

/// <summary>What one driver posts and lands: counted on one thread at a time, without an interlocked step.</summary>
internal sealed class Tally
{
    private long _posted;
    private long _completed;

    public long Posted => Volatile.Read(ref _posted);

    public long Completed => Volatile.Read(ref _completed);

    public void CountPosted(int parcels) => Volatile.Write(ref _posted, _posted + parcels);

    public void CountCompleted(int parcels) => Volatile.Write(ref _completed, _completed + parcels);
}
