using System.Net.Sockets;
using ChimneyActors.Ndis;
using ChimneyActors.Targets;

namespace ChimneyActors.TestKit;

/// <summary>What stands below the stack.</summary>
internal sealed partial class SeededWorld
{
    private SeededTargets NewQueues()
    {
        var peers = new Dictionary<Socket, SeededPeer>();
        var record = new TargetRecord();
        var miscounts = new Miscounts();
        return new SeededTargets(_choices[ChoiceRow.Target], _plan.Adapters, () =>
            new SeededTarget(_choices[ChoiceRow.Target], _system.Clock, _trace, peers)
            {
                RefusesPercent = _plan.RefusesPercent,
                StalePercent = _plan.StalePercent,
                MiscountPercent = _plan.MiscountPercent,
                TakesForwards = _plan.ForwardPercent % 2 == 0,
                ReportsEarly = _planted == PlantedBreak.EarlySuccess,
                Forgets = _planted == PlantedBreak.Forgets,
                IsCalm = _isCalm,
                IsExcused = () => IsTroubled() || IsMoved(),
                Severing = DrawSever,
                Record = record,
                Miscounts = miscounts,
            }, peers);
    }

    /// <summary>What is plugged in at a place of an adapter: what the world begins with, and then a fresh one each
    /// time.</summary>
    private Func<IOffloadTarget> MakerOf(int place, IOffloadTarget first)
    {
        IOffloadTarget? next = first;
        return () =>
        {
            IOffloadTarget plugged = next ?? _target.Renew(place);
            next = null;
            var faulty = new FaultyTarget(plugged, _faults, _system.Clock);
            return _plan.LifeMax == 0 || _planted != default ? faulty : new SeededAdapter(
                faulty, _choices[ChoiceRow.Life], _system.Clock, _plan.IsLively ? 45 : 30,
                () => _isCalm || !IsMoved(), _target.IsPulledOut);
        };
    }

    private SeverHabit DrawSever()
    {
        if (_isCalm)
            return SeverHabit.Prompt;
        SeededRandom random = _choices[ChoiceRow.Target];
        if (random.Percent(_plan.BadSeverPercent))
            return (SeverHabit)random.Between((int)SeverHabit.Slow, (int)SeverHabit.Throws);
        return random.Percent(50) ? SeverHabit.Late : SeverHabit.Prompt;
    }
}
