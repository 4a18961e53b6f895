namespace ChimneyActors.Targets.Simulated;

/// <summary>When somebody heard of a neighbor last: the adapter itself, and the host as far as it told. Pure.</summary>
/// <remarks>All times are 32 bits of ticks and wrap (NRQ-02), so after half a year of silence a neighbor may look fresh
/// for a while; nobody sends for so long without asking.</remarks>
internal sealed class Reachability(int ticksPerSecond, uint staleTicks)
{
    private readonly long _tick = TimeSpan.TicksPerSecond / ticksPerSecond;
    private uint _nic;      // NRT
    private uint _host;     // HRT

    /// <summary>The neighbor is offloaded: both heard of it when the host did (NRQ-01).</summary>
    internal void Begin(TimeSpan now, TimeSpan hostDelta) => _nic = _host = At(now, hostDelta);

    /// <summary>A connection makes progress (NRQ-03).</summary>
    internal void Confirm(TimeSpan now) => _nic = Ticks(now);

    /// <summary>The host says when it heard of it (NRQ-06).</summary>
    internal void Told(TimeSpan now, TimeSpan hostDelta) => _host = At(now, hostDelta);

    /// <summary>Whether it is too long ago for both (NRQ-04).</summary>
    internal bool IsStale(TimeSpan now) =>
        Ticks(now) - _nic > staleTicks && Ticks(now) - _host > staleTicks;

    /// <summary>NRD.</summary>
    internal TimeSpan NicDelta(TimeSpan now) => Time(Ticks(now) - _nic);

    /// <summary>HRD.</summary>
    internal TimeSpan HostDelta(TimeSpan now) => Time(Ticks(now) - _host);

    private uint At(TimeSpan now, TimeSpan delta) => Ticks(now) - Ticks(delta);

    private uint Ticks(TimeSpan time) => unchecked((uint)((time.Ticks + _tick - 1) / _tick));

    private TimeSpan Time(uint ticks) => TimeSpan.FromTicks(_tick * ticks);
}
