namespace ChimneyActors.Targets.Simulated;

/// <summary>Silly windows at the sender (RFC 9293 section 3.8.6.2.1, TMR-11): what is too small to be worth a segment
/// waits for more room, but not for long.</summary>
internal sealed partial class TcpEngine
{
    private TimeSpan? _swsAt;
    private bool _isSwsOver;

    /// <summary>There is more to send than there is room for.</summary>
    private bool WaitsForRoom(int length, TimeSpan now)
    {
        bool isSilly = length < _mss && length < _rightMax / 2 && !_queue.IsPushed(_nxt + length);
        if (!isSilly || _isSwsOver || _settings.SwsPrevention == TimeSpan.Zero)
            return false;
        _swsAt ??= After(now, _settings.SwsPrevention);
        return true;
    }

    /// <summary>What there is room for goes out all the same.</summary>
    private void OnSwsTimer(TimeSpan now)
    {
        _swsAt = null;
        _isSwsOver = true;
        Pump(now);
        _isSwsOver = false;
    }
}
