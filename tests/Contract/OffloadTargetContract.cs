namespace ChimneyActors.Contract;

/// <summary>What every target must do, whatever its wire is made of. A target is put to the test by a class for each
/// group of rules that only says how to make its bench.</summary>
public abstract class OffloadTargetContract : IAsyncLifetime
{
    private TargetBench? _bench;

    private protected TargetBench Bench => _bench!;

    private protected Host Host => _bench!.Host;

    private protected abstract TargetBench CreateBench();

    public Task InitializeAsync()
    {
        _bench = CreateBench();
        return Task.CompletedTask;
    }

    /// <summary>Whatever a test was about: no rule was broken, every list of the target is back in its pool.</summary>
    public async Task DisposeAsync()
    {
        await _bench!.DisposeAsync();
        Host.Breaches.ShouldBeEmpty();
        Host.ReceivePool.Out.ShouldBe(0);
    }
}
