using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.TestKit;

/// <summary>A break that is put into the world on purpose, to see that it is found.</summary>
public enum PlantedBreak
{
    /// <summary>None.</summary>
    None,

    /// <summary>The target reports sends before the peer has them.</summary>
    EarlySuccess,

    /// <summary>A driver keeps messages.</summary>
    Drops,

    /// <summary>A driver tells messages twice.</summary>
    Doubles,

    /// <summary>The target forgets requests.</summary>
    Forgets,
}

/// <summary>What the seed makes of the world: its stack, its limits, its troubles.</summary>
internal sealed class WorldPlan
{
    public WorldPlan(SeededRandom random)
    {
        Layers = random.Below(4);
        Connections = random.Between(2, 5);
        CrashRate = random.Percent(30) ? 0 : random.Between(1, random.Percent(10) ? 300 : 60) / 1000.0;
        FaultRate = random.Percent(40) ? 0 : random.Between(1, random.Percent(10) ? 300 : 80) / 1000.0;
        BadSeverPercent = random.Percent(50) ? 0 : random.Between(1, 30);
        RefusesPercent = random.Percent(70) ? 0 : 10;
        StopsEarly = random.Percent(20);
        OtherBindingIsLower = random.Percent(30);
        RestartsMax = random.Percent(20) ? 2 : 1000;
        SendsMax = random.Between(1, 8);
        ReceivesMax = random.Between(1, 4);
        IndicationsMax = random.Between(1, 4);
        Shelves = random.Between(1, 2);
    }

    public int Layers { get; }

    public int Connections { get; }

    public double CrashRate { get; }

    public double FaultRate { get; }

    public int BadSeverPercent { get; }

    public int RefusesPercent { get; }

    public bool StopsEarly { get; }

    public bool OtherBindingIsLower { get; }

    public int RestartsMax { get; }

    public int SendsMax { get; }

    public int ReceivesMax { get; }

    public int IndicationsMax { get; }

    public int Shelves { get; }

    /// <summary>The names of both bindings.</summary>
    public static string[] Bindings { get; } = ["tcpip", "other"];

    /// <summary>The limits, over the defaults.</summary>
    public StackSettings Settings(StackSettings defaults) => defaults with
    {
        SendsMax = SendsMax,
        ReceivesMax = ReceivesMax,
        IndicationsMax = IndicationsMax,
        IndicationBytes = 512,
        RestartsMax = RestartsMax,
        Shelves = Shelves,
    };

    /// <summary>The drivers.</summary>
    public void Build(StackBuilder stack, IOffloadTarget target, PlantedBreak planted)
    {
        stack.Miniport("nic0", target);
        var names = new List<string> { "nic0" };
        for (int layer = 0; layer < Layers; layer++)
        {
            stack.Intermediate($"mux{layer}", over: names[^1]);
            names.Add($"mux{layer}");
        }
        if (planted is PlantedBreak.Drops or PlantedBreak.Doubles)
        {
            BrokenHabit habit = planted == PlantedBreak.Drops ? BrokenHabit.Drops : BrokenHabit.Doubles;
            stack.BrokenIntermediate("broken", over: names[^1], habit, oneIn: 20);
            names.Add("broken");
        }
        stack.Binding(Bindings[0], over: names[^1]);
        bool lower = OtherBindingIsLower && planted == default;
        stack.Binding(Bindings[1], over: lower ? names[names.Count / 2] : names[^1]);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Layers} layers, {Connections} connections, crashes {CrashRate}, faults {FaultRate}, bad severs ")
        + FormattableString.Invariant($"{BadSeverPercent} %, restarts {RestartsMax}, stops early {StopsEarly}, ")
        + FormattableString.Invariant($"pools {SendsMax} {ReceivesMax} {IndicationsMax}");
}
