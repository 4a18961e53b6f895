using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.TestKit;

/// <summary>Leads the adapters and bindings of a world through their lives while hosts are at work: pauses, restarts,
/// halts, resets, pulls out, plugs in, unbinds, whatever is under way; and kills whoever carries it out.</summary>
/// <remarks>Half of what it does is what can come next, the other half is anything: an operation that there is nothing
/// to do for succeeds, and one that touches what another is at waits for it. Afterwards everything comes
/// back.</remarks>
internal sealed partial class SeededLife
{
    private const int Rounds = 12;
    private const int Ends = 3;     // so many in front of the kinds are for what LeadOn finds at once
    private const int StepsBetween = 80;

    /// <summary>What is done to an adapter; a virtual one that cannot be removed or reset uploads all.</summary>
    private static readonly LifeOperationKind[] Kinds =
    [
        LifeOperationKind.Pause, LifeOperationKind.Restart, LifeOperationKind.Halt, LifeOperationKind.Initialize,
        LifeOperationKind.Remove, LifeOperationKind.Reset, LifeOperationKind.OffloadPause,
        LifeOperationKind.OffloadResume, LifeOperationKind.UploadAll,
    ];

    private readonly SeededRandom _random;
    private readonly SeededTrace _trace;
    private readonly ActorSystem _system;
    private readonly Chimney _chimney;
    private readonly IWorldTarget _target;
    private readonly Action<string> _broken;
    private readonly Func<long> _steps;
    private readonly bool _isLively;
    private readonly Adapter[] _adapters;
    private readonly Binding[] _bindings;
    private int _budget;
    private long _next;
    private int _open;
    private long _stirred;      // what was asked for, and steps that were taken
    private bool _isBack;

    public SeededLife(
        SeededRandom random, SeededTrace trace, ActorSystem system, Chimney chimney, IWorldTarget target,
        WorldPlan plan, Func<long> steps, Action<string> broken, Action<LifeSeen>? seen)
    {
        (_random, _trace, _system, _chimney, _target) = (random, trace, system, chimney, target);
        (_budget, _isLively, _steps, _broken, _seen) = (plan.LifeMax, plan.IsLively, steps, broken, seen);
        _adapters = [.. chimney.Stack.Life.Adapters.Select(node => chimney.Adapter(node.Name))];
        _bindings = [.. WorldPlan.Bindings.Select(chimney.Binding)];
        Follow();
    }

    /// <summary>Since when nothing has happened, by a count; null while something is under way.</summary>
    public long? QuietSince => _open == 0 ? _stirred : null;

    /// <summary>Told when a driver that stays down may be started again, with a fresh budget.</summary>
    public Action? Reviving { get; init; }

    /// <summary>Told when somebody who asked is answered.</summary>
    public Action? Answered { get; init; }

    /// <summary>Whether anything was led anywhere: then connections are asked back, offloads fail, requests come home
    /// unsent.</summary>
    public bool HasActed { get; private set; }

    /// <summary>Whether everything is as it was, and whoever asked was answered.</summary>
    public bool IsDone => _isBack && _open == 0;

    /// <summary>Whether something is to be done.</summary>
    public bool CanAct => _budget > 0 && _steps() >= _next && (!_isLively || CanActNow);

    /// <summary>Whether something may be done while everybody else waits for time to go on: in a lively world, while
    /// something is offloaded, or cannot be.</summary>
    public bool CanActNow => _isLively && _budget > 0 && (_chimney.Connections > 0 || !IsAtWork);

    /// <summary>Whether enough was done for a lively world.</summary>
    public bool IsSpent => _isLively && _budget <= 0 && _open == 0;

    /// <summary>Where it stands, for a report.</summary>
    public string Describe() => $"life: {_open} operations under way, budget {_budget}, "
        + string.Join(", ", _adapters.Select(adapter => $"{adapter.Name} {adapter.State}"))
        + string.Join("", _bindings.Select(binding => $", {binding.Name} {binding.State}"));

    /// <summary>Does something.</summary>
    public void Act()
    {
        _budget--;
        _next = _steps() + _random.Below(StepsBetween);
        HasActed = true;
        if (_isLively)
            ActLively();
        else
            ActAnyhow();
    }

    /// <summary>The trouble is over: everything comes back to work, and stays there.</summary>
    public void ComeBack()
    {
        _budget = 0;
        if (HasActed)
            _ = ComeBackAsync();
        else
            _isBack = true;
    }

    /// <summary>Everything is over: nobody who asked is left without an answer.</summary>
    public void CheckEnd()
    {
        if (_open > 0)
            _broken($"{_open} operations on adapters or bindings were never answered");
    }

    private void LeadBinding(Binding binding)
    {
        if (binding.State == BindingState.Unbound || _random.Percent(30))
            Bind(binding);
        else
            Unbind(binding);
    }

    private void ActAnyhow()
    {
        if (_random.Percent(8))
        {
            _trace.Write($"whoever leads adapters is killed");
            _system.ActorSelection($"/user/{_chimney.Stack.Name}/life").Tell(Kill.Instance);
        }
        else if (_random.Percent(15))
            LeadBinding(_bindings[_random.Below(_bindings.Length)]);
        else
            LeadAnyhow(_adapters[_random.Below(_adapters.Length)]);
    }

    private void LeadAnyhow(Adapter adapter)
    {
        if (_random.Percent(50))
            Lead(adapter, Kinds[_random.Below(Kinds.Length)]);
        else
            LeadOn(adapter);
    }

    private void Bind(Binding binding)
    {
        Reviving?.Invoke();
        _ = FollowAsync($"bind {binding.Name}", () => binding.BindAsync());
    }

    private void Unbind(Binding binding) =>
        _ = FollowAsync($"unbind {binding.Name}", () => binding.UnbindAsync());

    /// <summary>What can come next, so that adapters are not at a standstill most of the time.</summary>
    private void LeadOn(Adapter adapter) => Lead(adapter, adapter.State switch
    {
        AdapterState.Halted => LifeOperationKind.Initialize,
        AdapterState.Paused => _random.Percent(50) ? LifeOperationKind.Restart : LifeOperationKind.Halt,
        _ when _random.Percent(50) => _random.Percent(50) ? LifeOperationKind.Pause : LifeOperationKind.Halt,
        _ => Kinds[Ends + _random.Below(Kinds.Length - Ends)],
    });

    private void Lead(Adapter adapter, LifeOperationKind kind)
    {
        string name = adapter.Name;
        switch (kind)
        {
            case LifeOperationKind.Pause: _ = FollowAsync($"pause {name}", () => adapter.PauseAsync()); break;
            case LifeOperationKind.Restart:
                _ = FollowAsync($"restart {name}", () => adapter.RestartAsync(), mayFail: true);
                break;
            case LifeOperationKind.Halt: _ = FollowAsync($"halt {name}", () => adapter.HaltAsync()); break;
            case LifeOperationKind.Initialize: Initialize(adapter); break;
            case LifeOperationKind.Remove when !adapter.IsVirtual: Remove(adapter); break;
            case LifeOperationKind.Reset when !adapter.IsVirtual:
                _ = FollowAsync($"reset {name}", () => adapter.ResetAsync(), mayFail: true);
                break;
            case LifeOperationKind.OffloadPause:
                _ = FollowAsync($"no more to {name}", () => adapter.OffloadPauseAsync());
                break;
            case LifeOperationKind.OffloadResume:
                _ = FollowAsync($"more to {name}", () => adapter.OffloadResumeAsync());
                break;
            default: _ = FollowAsync($"all from {name}", () => adapter.UploadAllAsync()); break;
        }
    }

    private void Initialize(Adapter adapter)
    {
        Reviving?.Invoke();
        _ = FollowAsync($"initialize {adapter.Name}", () => adapter.InitializeAsync(), mayFail: true);
    }

    private void Remove(Adapter adapter)
    {
        _target.IsPulledOut();
        _ = FollowAsync($"pull {adapter.Name} out", () => adapter.RemoveAsync());
    }

    /// <summary>Each is answered once. It cannot fail, but by what comes in between, or by its deadline.</summary>
    private async Task<LifeResult> FollowAsync(string what, Func<Task<LifeResult>> lead, bool mayFail = false)
    {
        _trace.Write($"{what}");
        _open++;
        _stirred++;
        LifeResult went = await lead().ConfigureAwait(false);
        _open--;
        Answered?.Invoke();
        _trace.Write($"{what}: {went.Status} {went.WaitsFor}");
        bool isLawful = went.Status is NdisStatus.Success or NdisStatus.Pending or NdisStatus.NotAccepted
            or NdisStatus.RequestAborted;
        if (!isLawful && !(mayFail && IsFailure(went.Status)))
            _broken($"{what} ended with {went.Status}");
        return went;
    }

    private static bool IsFailure(NdisStatus status) =>
        status is NdisStatus.Failure or NdisStatus.Resources or NdisStatus.SoftErrors or NdisStatus.HardErrors;

    private async Task ComeBackAsync()
    {
        for (int round = 0; round < Rounds; round++)
        {
            if (await LeadHomeAsync().ConfigureAwait(false))
                return;         // the stack has ended
            if (IsAtWork)
            {
                _isBack = true;
                return;
            }
        }
        _broken($"not everything comes back to work: {Describe()}");
    }

    /// <summary>From the bottom up.</summary>
    /// <returns>Whether the stack has ended.</returns>
    private async Task<bool> LeadHomeAsync()
    {
        Reviving?.Invoke();
        var went = new List<LifeResult>();
        foreach (Adapter adapter in _adapters)
        {
            went.Add(await FollowAsync($"initialize {adapter.Name}", () => adapter.InitializeAsync(), mayFail: true)
                .ConfigureAwait(false));
            went.Add(await FollowAsync($"restart {adapter.Name}", () => adapter.RestartAsync(), mayFail: true)
                .ConfigureAwait(false));
            went.Add(await FollowAsync($"more to {adapter.Name}", () => adapter.OffloadResumeAsync())
                .ConfigureAwait(false));
        }
        foreach (Binding binding in _bindings)
            went.Add(await FollowAsync($"bind {binding.Name}", () => binding.BindAsync()).ConfigureAwait(false));
        return went.Exists(result => result.Status == NdisStatus.RequestAborted);
    }

    private bool IsAtWork => Array.TrueForAll(_adapters, adapter => adapter.State == AdapterState.Running)
        && Array.TrueForAll(_bindings, binding => binding.State == BindingState.Running);
}
