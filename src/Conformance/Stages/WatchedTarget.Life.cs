using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>The life of the adapter: what its target is asked, how it answers, and what it says. A case may have an
/// answer delayed, or say something in the target's place.</summary>
internal sealed partial class WatchedTarget
{
    private readonly IOffloadAdapter? _adapter = inner as IOffloadAdapter;
    private readonly HashSet<LifeCall> _delayed = [];
    private readonly List<(LifeCall Call, NdisStatus Status, OidBlock? Oid)> _answers = [];
    private readonly HashSet<OidBlock> _keptOids = [];
    private readonly HashSet<OidBlock> _forgotten = [];
    private IAdapterUpcalls? _host;

    /// <summary>Whether the target has a say beyond its connections.</summary>
    public bool IsAdapter => _adapter is not null;

    /// <summary>How the adapter speaks up.</summary>
    public IAdapterUpcalls Host => _host ?? throw new InvalidOperationException("It is not initialised.");

    /// <summary>From now on the target's answer to a pause, restart, reset or control request is kept back: it is
    /// PENDING until <see cref="Release"/>.</summary>
    public void Delay(LifeCall call)
    {
        lock (_gate)
            _delayed.Add(call);
    }

    /// <summary>Gives the answers that were kept back, and keeps no more.</summary>
    public void Release(LifeCall call)
    {
        (LifeCall Call, NdisStatus Status, OidBlock? Oid)[] answers;
        lock (_gate)
        {
            _delayed.Remove(call);
            if (call == LifeCall.Request)
                _keptOids.Clear();
            answers = [.. _answers.Where(answer => answer.Call == call)];
            _answers.RemoveAll(answer => answer.Call == call);
        }
        foreach ((LifeCall _, NdisStatus status, OidBlock? oid) in answers)
            End(call, status, oid);
    }

    public NdisStatus Initialize(IAdapterUpcalls upcalls)
    {
        _host = upcalls;
        return Ask(LifeCall.Initialize, () => _adapter?.Initialize(new Ear(this)) ?? NdisStatus.Success);
    }

    public NdisStatus Restart() => Ask(LifeCall.Restart, () => _adapter?.Restart() ?? NdisStatus.Success);

    public NdisStatus Pause() => Ask(LifeCall.Pause, () => _adapter?.Pause() ?? NdisStatus.Success);

    /// <remarks>A control request whose answer is kept back is forgotten, as by any target that is reset.</remarks>
    public NdisStatus Reset()
    {
        lock (_gate)
        {
            _answers.RemoveAll(answer => answer.Call == LifeCall.Request);
            _forgotten.UnionWith(_keptOids);
        }
        return Ask(LifeCall.Reset, () => _adapter?.Reset() ?? NdisStatus.Success);
    }

    public void SurpriseRemoved()
    {
        watch.Life(Place.Target, Act.Call, LifeCall.SurpriseRemoved, number);
        _adapter?.SurpriseRemoved();
    }

    public void Halt(HaltAction action)
    {
        watch.Life(Place.Target, Act.Call, LifeCall.Halt, number);
        _adapter?.Halt(action);
        watch.Life(Place.Target, Act.Return, LifeCall.Halt, number);
    }

    public bool CheckForHang() => _adapter?.CheckForHang() ?? false;

    public NdisStatus Request(OidBlock request) =>
        Ask(LifeCall.Request, () => _adapter?.Request(request) ?? NdisStatus.NotSupported, request);

    private NdisStatus Ask(LifeCall call, Func<NdisStatus> ask, OidBlock? oid = null)
    {
        watch.Life(Place.Target, Act.Call, call, number, oid: oid);
        lock (_gate)
            if (oid is not null && _delayed.Contains(LifeCall.Request))
                _keptOids.Add(oid);
        NdisStatus status = ask();
        if (status == NdisStatus.Pending || IsKept(call, status, oid))
            return NdisStatus.Pending;
        watch.Life(Place.Target, Act.Return, call, number, status, oid);
        return status;
    }

    private bool IsKept(LifeCall call, NdisStatus status, OidBlock? oid)
    {
        lock (_gate)
        {
            if (oid is not null && _forgotten.Contains(oid))
                return true;
            bool isKept = oid is null ? _delayed.Contains(call) : _keptOids.Contains(oid);
            if (isKept)
                _answers.Add((call, status, oid));
            return isKept;
        }
    }

    private void End(LifeCall call, NdisStatus status, OidBlock? oid = null)
    {
        if (IsKept(call, status, oid))
            return;
        watch.Life(Place.Target, Act.Return, call, number, status, oid);
        switch (call)
        {
            case LifeCall.Pause: Host.PauseComplete(); break;
            case LifeCall.Restart: Host.RestartComplete(status); break;
            case LifeCall.Reset: Host.ResetComplete(status); break;
            default: Host.OidComplete(oid!, status); break;
        }
    }

    /// <summary>What the target says.</summary>
    private sealed class Ear(WatchedTarget plug) : IAdapterUpcalls
    {
        public void PauseComplete() => plug.End(LifeCall.Pause, NdisStatus.Success);

        public void RestartComplete(NdisStatus status) => plug.End(LifeCall.Restart, status);

        public void ResetComplete(NdisStatus status) => plug.End(LifeCall.Reset, status);

        public void OidComplete(OidBlock request, NdisStatus status) => plug.End(LifeCall.Request, status, request);

        public void IndicateStatus(NdisStatus status, object? information = null)
        {
            plug.Spoken(status);
            plug.Host.IndicateStatus(status, information);
        }
    }

    private void Spoken(NdisStatus status) => watch.Said(Place.Target, status, number);
}
