using System.Runtime.InteropServices;

namespace ChimneyActors.Node.Hosting;

/// <summary>SIGTERM and SIGINT: the first asks to drain, the second to abort.</summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    /// <summary>From now on these signals do not end the process by themselves.</summary>
    public ShutdownSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Done at the first signal.</summary>
    public Task First => _first.Task;

    /// <summary>Done at the second.</summary>
    public Task Second => _second.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    /// <summary>As if the first signal had come; a second time it does nothing.</summary>
    public void Drain()
    {
        if (Interlocked.CompareExchange(ref _count, 1, 0) == 0)
            _first.TrySetResult();
    }

    /// <summary>As if both had come.</summary>
    public void Abort()
    {
        Interlocked.Exchange(ref _count, 2);
        _first.TrySetResult();
        _second.TrySetResult();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        (Interlocked.Increment(ref _count) == 1 ? _first : _second).TrySetResult();
    }
}
