using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Unit.Support;

/// <summary>Adapters and bindings that somebody has started already.</summary>
internal static class Life
{
    /// <summary>A binding at work, over an adapter at work.</summary>
    public static BindingNode AtWork(Edge driver, Edge lower)
    {
        var adapter = new AdapterNode(lower, null, null);
        adapter.Current.Capabilities = new OffloadCapabilities(1, Upload: true, Forward: false);
        adapter.Current.TryEnable(adapter.Current.Can()).ShouldBeTrue();
        adapter.Current.TryMove(AdapterEvent.Initialize).ShouldBeTrue();
        adapter.Current.TryMove(AdapterEvent.InitializeComplete).ShouldBeTrue();
        adapter.Current.TryMove(AdapterEvent.Restart).ShouldBeTrue();
        adapter.Current.TryMove(AdapterEvent.RestartComplete).ShouldBeTrue();
        var binding = new BindingNode(driver, adapter, owner: null);
        binding.TryMove(BindingEvent.Bind).ShouldBeTrue();
        binding.TryMove(BindingEvent.BindComplete).ShouldBeTrue();
        binding.TryMove(BindingEvent.Restart).ShouldBeTrue();
        binding.TryMove(BindingEvent.RestartComplete).ShouldBeTrue();
        return binding;
    }
}
