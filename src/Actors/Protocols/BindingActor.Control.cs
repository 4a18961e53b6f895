using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Protocols;

/// <summary>What concerns the binding as a whole: its life, control requests, what its adapter says.</summary>
internal sealed partial class BindingActor
{
    private const int AttemptsMax = 10;
    private static readonly object ReleaseHeld = new();
    private bool _isHolding;

    /// <summary>A fresh instance in the middle of a reset goes on holding, from its first message on.</summary>
    protected override void PreStart()
    {
        if (node.IsHeld || !queue.Held.IsEmpty)
            Hold();
    }

    /// <inheritdoc/>
    protected override void OnLife(LifeEvent told)
    {
        switch (told.Step.Kind)
        {
            case LifeStepKind.OpenBinding: node.HearFromNow(); break;
            case LifeStepKind.HoldBinding: Hold(); break;
            case LifeStepKind.ReleaseBinding: Release(); break;
            case LifeStepKind.Negotiate:
                Between();
                Negotiate(told);
                return;
            default: break;
        }
        base.OnLife(told);
    }

    /// <summary>Between the start and the end of a reset nothing goes down but what was lent (LIFE-09).</summary>
    private void Hold()
    {
        if (_isHolding)
            return;
        _isHolding = true;
        BecomeStacked(OnReceiveWhileHeld);
    }

    private void OnReceiveWhileHeld(object message)
    {
        switch (message)
        {
            case IBindingCommand command: queue.Held.Add(command); break;
            case PoolHasRoom: queue.PassOn(); break;
            default: OnReceive(message); break;
        }
    }

    private void Release()
    {
        if (_isHolding)
            UnbecomeStacked();
        _isHolding = false;
        while (queue.Held.TryNext(out IBindingCommand? command))
            try
            {
                Handle(command);
            }
            catch (Exception)
            {
                command.Lost();
                throw;
            }
        DrainAll();
    }

    private void Take(OidPost post)
    {
        OidBlock asked = post.Block;
        if (!BindingLifecycle.AsksOids(node.State))
            post.Refuse(NdisStatus.NotAccepted);
        else if (asked.Method == OidMethod.Query && Known(asked) is { } answer)
            post.Answer(answer);
        else
        {
            Flight flight = post.Depart(Me);
            AlsoInHand(flight);
            Between();
            Pass(node.Lower.Driver, new OidRequest(flight), flight);
        }
    }

    /// <summary>What the runtime answers and no driver (CAP-11).</summary>
    private object? Known(OidBlock asked)
    {
        AdapterNode? adapter = asked.Adapter is { } name
            ? node.Lower.Physical.FirstOrDefault(one => one.Name == name) : node.Lower;
        return asked.Oid switch
        {
            Oid.TcpConnectionOffloadHardwareCapabilities => adapter?.Capabilities,
            Oid.TcpConnectionOffloadCurrentConfig => adapter?.Configuration,
            Oid.TcpConnectionOffloadParameters => adapter?.Physical.FirstOrDefault()?.Parameters,
            _ => null,
        };
    }

    /// <summary>What can be enabled is enabled, and the TCP of the adapter told what is wanted of it (CAP-09,
    /// STS-03). A driver between that makes offloading impossible says so here (IM-23).</summary>
    private void Negotiate(LifeEvent told)
    {
        AdapterNode adapter = told.Step.Adapter!;
        Ask(told, Oid.TcpTaskOffload, OidMethod.Query, null, can =>
        {
            node.IsBarred = can.Status == NdisStatus.NotSupported;
            Ask(told, Oid.TcpTaskOffload, OidMethod.Set, can.Information, _ =>
                Ask(told, Oid.TcpConnectionOffloadParameters, OidMethod.Set, adapter.Parameters, _ =>
                {
                    node.OffloadIsPaused = node.Lower.Physical.All(one => one.Current.OffloadIsPaused);
                    told.Complete(NdisStatus.Success);
                }));
        });
    }

    /// <summary>Answered here or, if this instance dies, elsewhere: so it is told as anybody's. What died on its way is
    /// asked again; what was refused need not be.</summary>
    private void Ask(
        LifeEvent told, Oid oid, OidMethod method, object? information, Action<OidBlock> then, int left = AttemptsMax)
    {
        var block = new OidBlock(oid, method, information) { Adapter = told.Step.Adapter!.Name };
        new OidPost(Stack, Edge, block, done =>
        {
            bool isLost = done.Status == NdisStatus.RequestAborted
                || (done.BroughtHome && done.Status == NdisStatus.Failure);
            if (isLost && left > 1)
                Ask(told, oid, method, information, then, left - 1);
            else if (isLost)
                told.Complete(NdisStatus.Failure);
            else
                then(done);
        }).Tell();
    }

    /// <summary>What its adapter has said and this binding has not heard: each once, in order, whoever died
    /// (STS-07). When it is closed it hears nothing any more (LIFE-11).</summary>
    private void HearStatuses()
    {
        Between();
        while (node.NextStatus is { } said)
        {
            if (said.Status is NdisStatus.OffloadPause or NdisStatus.UploadAll)
                node.OffloadIsPaused = true;
            node.Heard(said);
            if (node.State != BindingState.Unbound)
                TellUser(() => node.Hears?.Invoke(said));
        }
    }
}
