using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Intermediates;

/// <summary>What concerns its virtual adapter and its bindings below as a whole: control requests, what the adapters
/// below say.</summary>
internal partial class IntermediateActor
{
    private AdapterNode? _shown;

    /// <summary>The virtual adapter it shows above; null where a driver stands alone.</summary>
    protected AdapterNode? Shown => _shown ??= Stack.Life.Adapters.Find(adapter => adapter.Driver == Edge);

    /// <inheritdoc/>
    protected override void OnPlaced() => Self.Tell(HearAgain.Instance, Self);

    /// <inheritdoc/>
    protected override void OnLife(LifeEvent told)
    {
        if (told.Step is { Kind: LifeStepKind.OpenBinding, Binding: { } binding })
            binding.HearFromNow();
        base.OnLife(told);
    }

    /// <summary>A control request goes on to the adapter that it names, or else to the first that is bound.</summary>
    private void AskDown(OidRequest request)
    {
        BindingNode? below = Shown?.Lowers.FirstOrDefault(lower =>
            BindingLifecycle.AsksOids(lower.State) && (request.Block.Adapter is not { } name
                || lower.Lower.Name == name || lower.Lower.Physical.Any(adapter => adapter.Name == name)));
        if (below is null)
        {
            RefuseHome(request, NdisStatus.NotAccepted);
            return;
        }
        request.Flight.Push(Edge);
        Between();
        Pass(below.Lower.Driver, request, request.Flight);
    }

    /// <summary>What the adapters below have said and this driver has not heard: each once, in order, whoever
    /// died.</summary>
    private void HearStatuses()
    {
        Between();
        foreach (BindingNode lower in Shown?.Lowers ?? [])
            while (lower.NextStatus is { } said)
            {
                Hear(lower, said);
                lower.Heard(said);
            }
    }

    /// <summary>An adapter below has said something; who shows one adapter above says it again as its own. That
    /// nothing new is wanted it says when no other adapter below wants it either.</summary>
    protected virtual void Hear(BindingNode lower, IndicateStatus said)
    {
        bool isStop = said.Status is NdisStatus.OffloadPause or NdisStatus.UploadAll;
        bool wasOpen = Shown!.Lowers.Exists(one => !one.OffloadIsPaused);
        if (isStop || said.Status == NdisStatus.OffloadResume)
            lower.OffloadIsPaused = isStop;
        bool isOpen = Shown.Lowers.Exists(one => !one.OffloadIsPaused);
        bool isOwn = said.Status switch
        {
            NdisStatus.OffloadPause or NdisStatus.UploadAll => !isOpen,
            NdisStatus.OffloadResume => !wasOpen,
            _ => true,
        };
        if (said.Status == NdisStatus.OffloadResume)
            AnnounceCapabilities();
        if (isOwn)
            Shown.Indicate(said.Status, said.Information);
    }

    /// <summary>Other adapters below can do other things: it says what it can do now (IM-22).</summary>
    private void AnnounceCapabilities()
    {
        OffloadCapabilities now = Shown!.Capabilities;
        if (Shown.Current.Capabilities is { } before && now != before)
            Shown.Indicate(NdisStatus.TcpConnectionOffloadHardwareCapabilities, now);
        Shown.Current.Capabilities = now;
    }
}
