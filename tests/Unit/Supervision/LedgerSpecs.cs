using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Supervision;

/// <summary>Every count has its own number; reports have a limit, and a listener cannot stop them.</summary>
public sealed class LedgerSpecs
{
    private readonly Ledger _ledger = new();

    [Fact]
    public void Each_count_is_its_own()
    {
        Action[] counts =
        [
            () => _ledger.CountPosted(10), () => _ledger.CountCompleted(10), _ledger.CountOrphaned,
            _ledger.CountBroughtHome, _ledger.CountQuarantined, _ledger.CountDeath,
            () => _ledger.Report(Violation(0)),
        ];
        for (int which = 0; which < counts.Length; which++)
            for (int times = 0; times <= which; times++)
                counts[which]();
        long[] read =
        [
            _ledger.Posted, _ledger.Completed, _ledger.Orphaned, _ledger.BroughtHome, _ledger.Quarantined,
            _ledger.DriverDeaths, _ledger.Violations,
        ];
        read.ShouldBe([10, 20, 3, 4, 5, 6, 7]);
    }

    [Fact]
    public void All_violations_are_counted_and_told_and_the_first_thousand_kept()
    {
        int told = 0;
        _ledger.OnViolation = _ => told++;
        for (int i = 0; i < 1001; i++)
            _ledger.Report(Violation(i));
        (_ledger.Violations, told, _ledger.Reports.Count).ShouldBe((1001, 1001, 1000));
        _ledger.Reports.Select(report => report.ParcelId).ShouldBe(Enumerable.Range(0, 1000).Select(i => (long)i));
    }

    [Fact]
    public void What_a_test_did_on_purpose_is_no_violation()
    {
        var told = new List<Violation>();
        _ledger.OnViolation = told.Add;
        _ledger.IsInjected = violation => violation.ParcelId == 1;
        _ledger.Report(Violation(1));
        _ledger.Report(Violation(2));
        _ledger.Reports.ShouldBe([Violation(2)]);
        told.ShouldBe([Violation(2)]);
        _ledger.Violations.ShouldBe(1);
    }

    [Fact]
    public void Listeners_that_throw_stop_nobody()
    {
        _ledger.IsInjected = _ => throw new InvalidOperationException();
        _ledger.OnViolation = _ => throw new InvalidOperationException();
        _ledger.Report(Violation(1));
        (_ledger.Violations, _ledger.Reports.Count).ShouldBe((1, 1));
    }

    private static Violation Violation(long parcel) =>
        new(VerifierCheck.Order, "nic0", OffloadHandle.None, parcel, default, "on purpose");
}
