using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Node.Hosting;

/// <summary>The driver stack of a node, as its settings choose it: how many adapters, how connections are spread over
/// them, and which drivers each binding stands on.</summary>
/// <param name="Adapters">Kernel adapters at the bottom.</param>
/// <param name="NewTeam">Makes what chooses among several.</param>
/// <param name="Front">Drivers of clients' connections, from the binding down.</param>
/// <param name="Back">Drivers of upstream connections, from the binding down.</param>
/// <param name="Drivers">Makes them.</param>
/// <param name="SpinMax">How long a thread of an adapter looks for events before it sleeps, while that pays.</param>
internal sealed record StackLayout(
    int Adapters, Func<LowerChoice> NewTeam, IReadOnlyList<string> Front, IReadOnlyList<string> Back,
    NodeDrivers Drivers, TimeSpan SpinMax)
{
    private const string Section = "Stack";
    private const string None = "none";

    // The team below them and the binding above are layers too.
    private const int DriversMax = StackBuilder.LayersMax - 2;

    private static readonly Dictionary<string, Func<LowerChoice>> Teams = new()
    {
        ["hash"] = () => new TeamChoice(TeamPolicy.Hash),
        ["least-loaded"] = () => new TeamChoice(TeamPolicy.LeastLoaded),
        ["active-standby"] = () => new TeamChoice(TeamPolicy.ActiveStandby),
        ["mux"] = () => new MuxChoice(),
    };

    /// <summary>The flags of a verb that has a stack.</summary>
    /// <param name="hasClients">Whether it has connections of clients.</param>
    /// <param name="hasUpstreams">Whether it has upstream connections as well.</param>
    public static IEnumerable<SettingOption> Flags(bool hasClients = true, bool hasUpstreams = false)
    {
        yield return new SettingOption($"{Section}:Adapters", "--adapters", "COUNT", "kernel adapters under it");
        yield return new SettingOption($"{Section}:SpinMax", "--spin-max", "TIME",
            "how long an adapter looks for events before it sleeps, while that pays; 0: never");
        yield return new SettingOption($"{Section}:Team", "--team", "POLICY",
            $"which of several gets a connection: {string.Join(", ", Teams.Keys)}");
        if (hasClients)
            yield return new SettingOption($"{Section}:Front", "--front", "DRIVER,...",
                $"drivers of clients' connections, from the top: {string.Join(", ", NodeDrivers.Kinds)}, or none");
        if (hasUpstreams)
            yield return new SettingOption($"{Section}:Back", "--back", "DRIVER,...",
                "drivers of upstream connections, from the top, or none");
        if (hasClients)
            foreach (SettingOption flag in NodeDrivers.Flags())
                yield return flag;
    }

    /// <summary>Reads and checks them.</summary>
    /// <param name="configuration">The settings.</param>
    /// <param name="hasClients">Whether the verb has connections of clients.</param>
    /// <param name="hasUpstreams">Whether it has upstream connections as well.</param>
    public static StackLayout From(
        NodeConfiguration configuration, bool hasClients = true, bool hasUpstreams = false)
    {
        SettingReader reader = configuration.Section(Section);
        string team = reader.Text("Team");
        string[] front = KindsOf(reader, nameof(Front));
        string[] back = KindsOf(reader, nameof(Back));
        string[] used = [.. hasClients ? front : [], .. hasUpstreams ? back : []];
        return new StackLayout(
            reader.Count(nameof(Adapters), 1, 16),
            Teams.GetValueOrDefault(team) ?? throw reader.Wrong("Team", $"one of {string.Join(", ", Teams.Keys)}"),
            front, back, new NodeDrivers(configuration, [.. front, .. back], used),
            reader.Duration(nameof(SpinMax), KernelTargetSettings.SpinMaxMost));
    }

    /// <summary>Names the adapters, and a team over them if there are several.</summary>
    /// <returns>What bindings stand over.</returns>
    public string Build(StackBuilder stack, KernelAdapters kernels)
    {
        string[] names = [.. Enumerable.Range(0, Adapters).Select(index => $"nic{index}")];
        for (int i = 0; i < names.Length; i++)
        {
            int index = i;
            stack.Miniport(names[i], () => kernels.Make(index));
        }
        if (names.Length == 1)
            return names[0];
        stack.Intermediate("team0", names, NewTeam());
        return "team0";
    }

    /// <summary>Names a binding, and the drivers that it stands on.</summary>
    /// <param name="stack">What is being built.</param>
    /// <param name="binding">Its name.</param>
    /// <param name="over">What is below them.</param>
    /// <param name="kinds">From the binding down.</param>
    public void Stand(StackBuilder stack, string binding, string over, IReadOnlyList<string> kinds)
    {
        for (int i = kinds.Count - 1; i >= 0; i--)
        {
            bool isFirst = !kinds.Take(i).Contains(kinds[i]);
            string name = $"{NodeDrivers.NameOf(kinds[i], binding)}{(isFirst ? "" : $"-{i}")}";
            if (Drivers.MakerOf(kinds[i]) is { } maker)
                stack.Intermediate(name, over, maker);
            else
                stack.Intermediate(name, over);
            over = name;
        }
        stack.Binding(binding, over);
    }

    private static string[] KindsOf(SettingReader reader, string name)
    {
        string text = reader.Text(name);
        if (text == None)
            return [];
        string[] kinds = [.. text.Split(',').Select(kind => kind.Trim())];
        return kinds.Length <= DriversMax && kinds.All(NodeDrivers.Kinds.Contains)
            ? kinds
            : throw reader.Wrong(name, $"at most {DriversMax} of {string.Join(", ", NodeDrivers.Kinds)}, or {None}");
    }
}
