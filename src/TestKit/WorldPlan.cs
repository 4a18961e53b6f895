using System.Net;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
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

/// <summary>What a layer in the middle does.</summary>
internal enum LayerKind
{
    /// <summary>Passes everything on; and so does every other number that is drawn.</summary>
    Pass,
    PassToo,
    PassAsWell,
    Throttle,
    Filter,
    Capture,
}

/// <summary>What the seed makes of the world: its stack, its limits, its troubles.</summary>
internal sealed class WorldPlan
{
    /// <summary>Most connections.</summary>
    public const int ConnectionsMax = 5;

    private const int EnginesPercent = 12;
    private const int LifePosts = 60;
    private const int LivelyPosts = 100;
    private const int LivelyLeast = 40;
    private const int LayersMax = 6;
    private readonly int _choice;       // how the driver over several adapters chooses: a mux, or one of three teams
    private readonly int _denied;       // the host that filters do not let through
    private readonly LayerKind[] _kinds;

    /// <summary>Draws it. Each trait stands at a place of its own in the row (<see cref="PlanPlace"/>), whatever the
    /// others are: so that one can be left out without moving the others.</summary>
    public WorldPlan(SeededRandom random)
    {
        Layers = random.Below(4) + (random.Percent(8) ? 3 : 0);
        Connections = random.Between(1, ConnectionsMax);
        PostsMax = random.Between(1, 50);
        CrashRate = Sometimes(random, 70, 1, random => random.Percent(10) ? 300 : 60, 0) / 1000.0;
        FaultRate = Sometimes(random, 60, 1, random => random.Percent(10) ? 300 : 80, 0) / 1000.0;
        BadSeverPercent = Sometimes(random, 50, 1, 30, 0);
        RefusesPercent = random.Percent(30) ? 10 : 0;
        StopsEarly = Sometimes(random, 20, 20, 1500, int.MaxValue);
        StopsHard = random.Percent(30);
        OtherBindingIsLower = random.Percent(30);
        RestartsMax = random.Percent(20) ? 2 : 1000;
        bool scarce = random.Percent(10);
        SendsMax = random.Between(1, 8);
        ReceivesMax = random.Between(1, 4);
        IndicationsMax = random.Between(1, 4);
        if (scarce)
            SendsMax = ReceivesMax = IndicationsMax = 1;
        Shelves = random.Between(1, 2);
        TimePercent = Sometimes(random, 50, 1, 10, 0);
        SoonMax = TimeSpan.FromMilliseconds(random.Percent(15) ? 3000 : 50);
        Floods = random.Percent(15);
        VanishesAt = Sometimes(random, 10, 5, 600, int.MaxValue);
        HasEngines = random.Percent(EnginesPercent);
        int enginesTime = random.Between(3, 40);
        int trouble = random.Below(20);
        StalePercent = random.Percent(10) ? 30 : 2;
        MiscountPercent = Sometimes(random, 10, 1, 20, 0);
        ForwardPercent = Sometimes(random, 40, 1, 30, 0);
        Adapters = random.Percent(30) ? 2 : 1;
        _choice = random.Below(4);
        _denied = random.Below(2 * ConnectionsMax);
        _kinds = [.. Enumerable.Range(0, LayersMax).Select(_ => (LayerKind)random.Below(1 + (int)LayerKind.Capture))];
        AsksPercent = Sometimes(random, 60, 1, 25, 0);
        HasPaths = random.Percent(40);
        ContextsMax = Sometimes(random, 15, 1, 12, 0);
        LifeMax = Sometimes(random, 25, 1, 25, 0);
        if (LifeMax > 0)
        {
            // There is to be something under way all the while, and somewhere else while one adapter is gone.
            PostsMax += LifePosts;
            Adapters = LifeMax % 4 == 0 ? 1 : 2;
        }
        CancelPercent = Sometimes(random, 40, 1, 20, 0);
        Vlan = random.Percent(30) ? 7 : 0;
        Parameters = DrawParameters(random);
        IsLively = random.Percent(0);       // no seed makes it so by itself
        if (IsLively)
        {
            LifeMax = LivelyLeast + (2 * LifeMax);
            SoonMax = TimeSpan.FromMilliseconds(50);    // else who has much to do is late
            PostsMax += LivelyPosts;
            Adapters = LifeMax % 8 == 0 ? 1 : 2;
            Layers = random.Below(3);
            Floods = false;
            if (Layers > 0 && random.Percent(60))
                _kinds[random.Below(Layers)] = LayerKind.Throttle;     // what it holds back meets more
        }
        if (!HasEngines)
            return;
        // On a wire nothing happens but in time; leaps are for those who only wait.
        TimePercent = enginesTime;
        SoonMax = TimeSpan.FromMilliseconds(50);
        TroubleMin = TimeSpan.FromSeconds(trouble);
    }

    public int Layers { get; }

    /// <summary>So many at most.</summary>
    public int Connections { get; }

    /// <summary>A host makes so many requests at most.</summary>
    public int PostsMax { get; }

    public double CrashRate { get; }

    public double FaultRate { get; }

    public int BadSeverPercent { get; }

    public int RefusesPercent { get; }

    /// <summary>After so many events the stack is stopped, whatever is under way.</summary>
    public int StopsEarly { get; }

    /// <summary>Whether its actors are stopped without a word before, as by a host that is terminated.</summary>
    public bool StopsHard { get; }

    public bool OtherBindingIsLower { get; }

    public int RestartsMax { get; }

    public int SendsMax { get; }

    public int ReceivesMax { get; }

    public int IndicationsMax { get; }

    public int Shelves { get; }

    /// <summary>Of a hundred steps, so many let time go on while there is still something to do.</summary>
    public int TimePercent { get; }

    /// <summary>Time goes on to what is due so soon.</summary>
    public TimeSpan SoonMax { get; }

    /// <summary>Whether hosts post, and the target speaks up, far more at once than there is room for.</summary>
    public bool Floods { get; }

    /// <summary>After so many events the adapter is pulled out.</summary>
    public int VanishesAt { get; }

    /// <summary>Whether the adapter is the simulated one, with TCP engines on wires; else one that only
    /// queues.</summary>
    public bool HasEngines { get; }

    /// <summary>The trouble lasts so long, even if no host has anything new: what is under way shall meet it.</summary>
    public TimeSpan TroubleMin { get; }

    /// <summary>Of a hundred steps of the target, so many begin with a claim that was used before.</summary>
    public int StalePercent { get; }

    /// <summary>Of a hundred sends, so many are said to be acknowledged with a wrong number of bytes.</summary>
    public int MiscountPercent { get; }

    /// <summary>Of a hundred requests, so many are raw segments; an odd number is for a target that takes
    /// none.</summary>
    public int ForwardPercent { get; }

    /// <summary>So many stand under the stack.</summary>
    public int Adapters { get; }

    /// <summary>Of a hundred things that a host asks of its connection, so many are about its state.</summary>
    public int AsksPercent { get; }

    /// <summary>Whether hosts have neighbors and paths, and share them.</summary>
    public bool HasPaths { get; }

    /// <summary>Most requests that a driver in the middle can have under way; 0 for no limit.</summary>
    public int ContextsMax { get; }

    /// <summary>So many things are done to adapters and bindings while hosts are at work.</summary>
    public int LifeMax { get; }

    /// <summary>Whether somebody wanted that adapters and bindings are led through their lives, and all the
    /// time.</summary>
    public bool IsLively { get; }

    /// <summary>Of a hundred things that a host may do, so many are to cancel a send.</summary>
    public int CancelPercent { get; }

    /// <summary>The VLAN of the network; 0 for none.</summary>
    public int Vlan { get; }

    /// <summary>What hosts want of the TCP of an adapter that has one.</summary>
    public TcpConnectionOffloadParameters Parameters { get; }

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
        ContextsMax = ContextsMax,
        Parameters = Parameters,
    };

    /// <summary>How many drivers a request of a binding passes, itself and the miniport's upper edge counted as
    /// one.</summary>
    public int DriversUnder(string binding, PlantedBreak planted)
    {
        int all = 1 + Layers + (planted is PlantedBreak.Drops or PlantedBreak.Doubles ? 1 : 0);
        return binding == Bindings[1] && OtherBindingIsLower && planted == default ? 1 + ((Layers + 1) / 2) : all;
    }

    /// <summary>The drivers.</summary>
    public void Build(StackBuilder stack, IReadOnlyList<Func<IOffloadTarget>> targets, PlantedBreak planted)
    {
        string[] adapters = [.. targets.Select((target, index) => $"nic{index}")];
        for (int i = 0; i < adapters.Length; i++)
            stack.Miniport(adapters[i], targets[i]);
        var names = new List<string> { adapters[0] };
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"mux{layer}";
            if (NewDriver(_kinds[layer]) is { } driver)
                stack.Intermediate(name, layer == 0 ? adapters : [names[^1]], driver, NewChoice());
            else
                stack.Intermediate(name, layer == 0 ? adapters : [names[^1]], NewChoice());
            names.Add(name);
        }
        if (planted is PlantedBreak.Drops or PlantedBreak.Doubles)
        {
            BrokenHabit habit = planted == PlantedBreak.Drops ? BrokenHabit.Drops : BrokenHabit.Doubles;
            stack.BrokenIntermediate("broken", over: names[^1], habit, oneIn: 5);
            names.Add("broken");
        }
        stack.Binding(Bindings[0], over: names[^1]);
        bool lower = OtherBindingIsLower && planted == default;
        string other = lower ? names[names.Count / 2] : names[^1];
        stack.Binding(Bindings[1], over: other == adapters[0] ? adapters[^1] : other);
    }

    /// <summary>The ends of a host's connections; each host has a peer of its own.</summary>
    public static FourTuple EndsOf(int host) =>
        new(new IPEndPoint(0x0100_000A, 80), new IPEndPoint(0x0000_000A + ((host + 2) << 24), 5000 + host));

    /// <summary>Whether a filter on the way of a binding refuses a host.</summary>
    public bool IsDenied(int host, string binding, PlantedBreak planted) => host == _denied
        && _kinds.Take(Math.Min(Layers, DriversUnder(binding, planted) - 1)).Contains(LayerKind.Filter);

    private Func<IntermediateDriver>? NewDriver(LayerKind kind)
    {
        switch (kind)
        {
            case LayerKind.Throttle:
                var rate = new ThrottleSettings
                {
                    BytesPerSecond = 20_000,
                    RequestsPerSecond = IsLively ? 20 : 300,
                    Burst = TimeSpan.Zero,      // the second waits already
                };
                return () => new ThrottleDriver(rate);
            case LayerKind.Filter:
                return FilterDriver.Of(new FilterSettings
                {
                    Rules = [new FilterRule(false, new IPNetwork(EndsOf(_denied).Remote.Address, 32), null, null)],
                    ConnectionsPerPeerMax = 1,
                });
            case LayerKind.Capture:
                return new Capture(Stream.Null, Stream.Null).NewDriver;
            default:
                return null;
        }
    }

    private LowerChoice NewChoice() => _choice switch
    {
        0 => new MuxChoice(),
        int policy => new TeamChoice((TeamPolicy)(policy - 1)),
    };

    private static TcpConnectionOffloadParameters DrawParameters(SeededRandom random)
    {
        int ticks = random.Below(3) switch { 0 => 1000, 1 => 100, _ => 10 };
        return new TcpConnectionOffloadParameters
        {
            TicksPerSecond = ticks,
            TcpAckFrequency = 2 - random.Below(2),
            TcpDelayedAckTicks = TicksOf(200 - random.Below(201)),
            TcpMaximumRetransmissions = 12 - random.Below(8),
            TcpDoubtReachabilityRetransmissions = 3 - random.Below(3),
            TcpSwsPreventionTicks = TicksOf(200 - random.Below(201)),
            TcpDuplicateAckThreshold = 3 - random.Below(3),
            TcpPushTicks = Math.Max(1, TicksOf(500 - random.Below(500))),
            NceStaleTicks = Math.Max(1, TicksOf(5_000 - random.Below(4_900))),
        };

        int TicksOf(int milliseconds) => milliseconds * ticks / 1_000;
    }

    /// <summary>A number that is drawn, and thrown away but for so many times of a hundred.</summary>
    private static int Sometimes(SeededRandom random, int percent, int min, int max, int otherwise) =>
        Sometimes(random, percent, min, _ => max, otherwise);

    private static int Sometimes(
        SeededRandom random, int percent, int min, Func<SeededRandom, int> max, int otherwise)
    {
        bool isIt = random.Percent(percent);
        int number = random.Between(min, max(random));
        return isIt ? number : otherwise;
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Layers} layers, {Adapters} adapters, {(HasEngines ? "engines, " : "")}crashes {CrashRate}, ")
        + FormattableString.Invariant($"faults {FaultRate}, bad severs {BadSeverPercent} %, ")
        + FormattableString.Invariant($"restarts {RestartsMax}, ")
        + (HasPaths ? "paths, " : "")
        + (ContextsMax > 0 ? FormattableString.Invariant($"contexts {ContextsMax}, ") : "")
        + (LifeMax > 0 ? FormattableString.Invariant($"{(IsLively ? "lively, " : "")}life {LifeMax}, ") : "")
        + (CancelPercent > 0 ? "cancels, " : "")
        + (StopsEarly < int.MaxValue ? FormattableString.Invariant($"stops at {StopsEarly}, ") : "")
        + (StopsHard ? "stops hard, " : "") + (Floods ? "floods, " : "")
        + (VanishesAt < int.MaxValue ? FormattableString.Invariant($"vanishes at {VanishesAt}, ") : "")
        + FormattableString.Invariant($"pools {SendsMax} {ReceivesMax} {IndicationsMax}");
}
