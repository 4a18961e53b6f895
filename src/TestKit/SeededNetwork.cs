using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>What the hosts of one binding know of their network: two next hops, and three paths that connections share.
/// They change while connections use them.</summary>
internal sealed class SeededNetwork : INeighborUser
{
    private static readonly IPAddress Source = new([192, 0, 2, 1]);
    private static readonly IPAddress Destination = new([198, 51, 100, 2]);
    private readonly SeededRandom _random;
    private readonly SeededTrace _trace;
    private readonly Binding _binding;
    private readonly WorldPlan _plan;
    private readonly IWorldTarget _target;
    private readonly Func<bool> _isExcused;
    private readonly Action<string> _broken;
    private readonly Neighbor[] _neighbors;
    private readonly NetworkPath[] _paths;
    private int _budget;
    private int _open;
    private bool _isInvalid;

    public SeededNetwork(
        SeededRandom random, SeededTrace trace, Binding binding, WorldPlan plan, IWorldTarget target,
        Func<bool> isExcused, Action<string> broken)
    {
        (_random, _trace, _binding, _plan) = (random, trace, binding, plan);
        (_target, _isExcused, _broken) = (target, isExcused, broken);
        _budget = random.Between(0, 30);
        // The second takes whatever comes; the first only what is on its VLAN, as all is.
        _neighbors = [.. Enumerable.Range(0, 2).Select(i =>
            binding.NewNeighbor(Mac(i), i == 0 ? plan.Vlan : 0, user: this))];
        _paths = [.. Enumerable.Range(0, 3).Select(i => binding.NewPath(
            _neighbors[i % 2], Source, Destination, 1_500 - (100 * i)))];
    }

    /// <summary>Whether something was said to be no longer true, or its target has lost it: then every connection on a
    /// path may be asked back.</summary>
    public bool MayBeInvalid => _isInvalid || _plan.RefusesPercent > 0 || _target.HasVanished;

    /// <summary>Whether an offload may fail because of a path or neighbor.</summary>
    public bool MayBeRefused => MayBeInvalid || _plan.ContextsMax > 0;

    /// <summary>Whether nothing is under way, and nothing is offloaded that no connection needs.</summary>
    public bool IsDone => _open == 0 && _binding.Network.Count == 0;

    /// <summary>Whether there is something to do now.</summary>
    public bool CanAct => _budget > 0 && _binding.Network.Count > 0;

    /// <summary>A path for a connection; null for none.</summary>
    public NetworkPath? DrawPath(SeededRandom random) =>
        random.Percent(70) ? _paths[random.Below(_paths.Length)] : null;

    /// <summary>For the trace.</summary>
    public string NameOf(NetworkPath path) => $"path {Array.IndexOf(_paths, path)}";

    /// <summary>Where it stands, for a report.</summary>
    public string Describe() =>
        $"network of {_binding.Name}: {_open} under way, {_binding.Network.Count} objects, budget {_budget}";

    /// <summary>Changes something, or asks for it.</summary>
    public void Act()
    {
        _budget--;
        int which = _random.Below(_paths.Length);
        NetworkPath path = _paths[which];
        Neighbor neighbor = _neighbors[which % _neighbors.Length];
        switch (_random.Below(10))
        {
            case 0 or 1: Follow($"query path {which}", () => path.QueryAsync()); break;
            case 2: Follow("query a neighbor", () => neighbor.QueryAsync()); break;
            case 3 or 4: Follow($"update path {which}", () => path.UpdateAsync(1_500 - _random.Below(900))); break;
            case 5: Follow("update a neighbor", () => neighbor.UpdateAsync(Mac(_random.Below(200)))); break;
            case 6: Move($"move path {which}", () => path.MoveAsync(_neighbors[_random.Below(2)])); break;
            case 7: Move("fail over", () => neighbor.FailOverAsync(_neighbors[_random.Below(2)])); break;
            case 8: neighbor.Confirm(); break;
            default: Invalidate(path, neighbor); break;
        }
    }

    /// <inheritdoc/>
    public Task<bool> ProbeAsync(Neighbor neighbor)
    {
        bool answers = _random.Percent(70);
        _trace.Write($"a neighbor is probed, and {(answers ? "answers" : "does not")}");
        _isInvalid |= !answers;
        return Task.FromResult(answers);
    }

    private void Invalidate(NetworkPath path, Neighbor neighbor)
    {
        _isInvalid = true;
        if (_random.Percent(50))
            Follow("invalidate a path", path.InvalidateAsync);
        else
            Follow("invalidate a neighbor", neighbor.InvalidateAsync);
    }

    /// <summary>Below a mux the other neighbor may be on another adapter: then it fails, and the path is
    /// given up.</summary>
    private void Move(string what, Func<Task> move)
    {
        _isInvalid |= _plan.Adapters > 1;
        Follow(what, move);
    }

    private void Follow(string what, Func<Task> ask) => _ = FollowAsync(what, ask);

    /// <summary>Each is answered once; that it fails has a cause.</summary>
    private async Task FollowAsync(string what, Func<Task> ask)
    {
        _trace.Write($"network of {_binding.Name}: {what}");
        _open++;
        string? failed = null;
        try
        {
            await ask().ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // It is not offloaded now.
        }
        catch (Exception exception) when (exception is StateOperationException or OffloadException)
        {
            failed = exception.Message;
        }
        _open--;
        _trace.Write($"network of {_binding.Name}: {what} {failed ?? "done"}");
        if (failed is not null && !MayBeRefused && !_isExcused())
            _broken($"{what}: {failed}");
        _isInvalid |= failed is not null;
    }

    private static PhysicalAddress Mac(int last) => new([2, 0, 0, 0, 1, (byte)last]);
}
