using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.TestKit;

/// <summary>One step in the life of an adapter or binding, and where requests were just then.</summary>
/// <param name="Who">Of which: its kind and its name.</param>
/// <param name="Before">What happened last to it; nothing, if this is the first of what is plugged in.</param>
/// <param name="Step">What happens to it.</param>
/// <param name="Out">Where something was, anywhere in the stack.</param>
/// <param name="Own">Where something was of what goes over it.</param>
internal sealed record LifeSeen(string Who, string Before, string Step, string[] Out, string[] Own);

/// <summary>Who looks on at each step, and what follows from it in a lively world.</summary>
internal sealed partial class SeededLife
{
    private readonly Action<LifeSeen>? _seen;
    private readonly Dictionary<object, string> _before = [];
    private StackViewer _viewer = null!;

    private void Follow()
    {
        _viewer = new StackViewer(_chimney.Stack, []);
        foreach (AdapterNode node in _chimney.Stack.Life.Adapters)
            node.OnMoved = (instance, what) =>
            {
                _stirred++;
                if (IsHeard)
                    Note($"adapter {node.Name}", instance, node, $"{what}",
                        request => _viewer.IsOf(request, instance));
                if (MayFollow && instance == node.Current)
                    FollowUp(node, what);
            };
        foreach (BindingNode node in _chimney.Stack.Life.Bindings)
            node.OnMoved = what =>
            {
                _stirred++;
                if (IsHeard)
                    Note($"binding {node.Driver.Name}-{node.Lower.Name}", node, node, $"{what}",
                        request => _viewer.IsOf(request, node) && IsWayKnown(request, node));
                if (MayFollow)
                    FollowUp(node, what);
            };
    }

    /// <summary>Over which of several bindings of a driver an initiate goes is not known before it is there.</summary>
    private bool IsWayKnown(Parcel request, BindingNode node) =>
        node.Owner is null || _chimney.Stack.Handles.Find(request.Connection)?.Edge.Route is not null;

    /// <summary>Whether anybody wants to know of a step; else nothing is made of it.</summary>
    private bool IsHeard => _trace.IsOn || _seen is not null;

    private bool MayFollow => _isLively && HasActed && _budget > 0;

    /// <summary>Mostly the first adapter is led, and others are led home: so there is something under way.</summary>
    private void ActLively()
    {
        if (_random.Percent(50) && LeadOthersHome())
            return;
        if (_random.Percent(30))
            ActAnyhow();
        else if (_adapters[0].State == AdapterState.Running && _random.Percent(60))
            Lead(_adapters[0], LifeOperationKind.Pause);
        else
            LeadAnyhow(_adapters[0]);
    }

    private bool LeadOthersHome()
    {
        foreach (AdapterNode node in _chimney.Stack.Life.Adapters)
            if (Find(node) is { } adapter && adapter != _adapters[0] && WayHome(node) is { } kind)
            {
                Lead(adapter, kind);
                return true;
            }
        if (Array.Find(_bindings, binding => binding.State == BindingState.Unbound) is { } unbound)
            LeadBinding(unbound);
        return false;
    }

    private static LifeOperationKind? WayHome(AdapterNode node) => node.State switch
    {
        AdapterState.Halted => LifeOperationKind.Initialize,
        AdapterState.Paused => LifeOperationKind.Restart,
        AdapterState.Running when node.Current.OffloadIsPaused => LifeOperationKind.OffloadResume,
        _ => null,
    };

    /// <summary>What comes right behind a step meets what few others meet.</summary>
    private void FollowUp(AdapterNode node, AdapterEvent what)
    {
        if (Find(node) is not { } adapter)
            return;
        switch (what)
        {
            case AdapterEvent.InitializeComplete when !adapter.IsVirtual && Happens(15):
                Remove(adapter);
                break;
            case AdapterEvent.RestartFailed when Happens(80):
                Lead(adapter, _random.Percent(40) ? LifeOperationKind.Halt : LifeOperationKind.Restart);
                break;
            case AdapterEvent.RestartComplete when Happens(25):
                Lead(adapter, LifeOperationKind.Pause);
                break;
            case AdapterEvent.PauseComplete when Happens(70):
                Lead(adapter, LifeOperationKind.Restart);
                break;
            case AdapterEvent.Halt when Happens(50):
                Initialize(adapter);
                break;
        }
    }

    private void FollowUp(BindingNode node, BindingEvent what)
    {
        if (what == BindingEvent.BindComplete && Find(node.Lower) is { IsVirtual: false } lower && Happens(15))
            Remove(lower);
        else if (Array.Find(_bindings, each => each.Name == node.Driver.Name) is { } binding)
        {
            if (what == BindingEvent.UnbindComplete && Happens(50))
                Bind(binding);
            else if (what == BindingEvent.BindComplete && Happens(30))
                Unbind(binding);
        }
    }

    private bool Happens(int percent)
    {
        if (!_random.Percent(percent))
            return false;
        _budget--;
        return true;
    }

    private Adapter? Find(AdapterNode node) => Array.Find(_adapters, adapter => adapter.Name == node.Name);

    /// <summary>Writes down a step, and where requests are just then.</summary>
    private void Note(string who, object plugged, object place, string step, Func<Parcel, bool> isOwn)
    {
        if (!_before.TryGetValue(plugged, out string? before))
            _before.TryGetValue(place, out before);
        _before[plugged] = _before[place] = step;
        Parcel[] all = [.. _viewer.Out()];
        string[] points = PointsOf(all);
        string[] own = PointsOf(all.Where(isOwn));
        _trace.Write($"{who} {step}, out: {string.Join(' ', points)}; over it: {string.Join(' ', own)}");
        _seen?.Invoke(new LifeSeen(who, before ?? "", step, points, own));
    }

    private string[] PointsOf(IEnumerable<Parcel> requests) =>
        [.. requests.Select(PointOf).Distinct().Order(StringComparer.Ordinal)];

    private string PointOf(Parcel request)
    {
        string kind = request.Operation switch
        {
            OffloadOperation.Initiate => "initiate",
            OffloadOperation.Terminate => "terminate",
            OffloadOperation.ReceiveIndicate => "data",
            OffloadOperation.Send or OffloadOperation.Receive or OffloadOperation.Forward => "request",
            OffloadOperation.Disconnect => "disconnect",
            _ => "other",
        };
        string where = request.Custody.State != CustodyState.Outstanding ? "home"
            : request.ParkedIn is not null ? "target"
            : request.Custody.Holder == _chimney.Stack.Lender ? "host" : "driver";
        return $"{kind}-{where}";
    }
}
