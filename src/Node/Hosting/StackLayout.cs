using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Hosting;

/// <summary>The driver stack of a node, as its settings choose it: how many adapters, how connections are spread over
/// them, and which drivers each binding stands on.</summary>
/// <param name="Adapters">Kernel adapters at the bottom.</param>
/// <param name="NewTeam">Makes what chooses among several.</param>
/// <param name="Front">Drivers of clients' connections, from the binding down.</param>
/// <param name="Back">Drivers of upstream connections, from the binding down.</param>
internal sealed record StackLayout(
    int Adapters, Func<LowerChoice> NewTeam, IReadOnlyList<string> Front, IReadOnlyList<string> Back)
{
    private const string Section = "Stack";
    private const string None = "none";
    private const string Pass = "pass";

    // The team below them and the binding above are layers too.
    private const int DriversMax = StackBuilder.LayersMax - 2;

    private static readonly Dictionary<string, Func<LowerChoice>> Teams = new()
    {
        ["hash"] = () => new TeamChoice(TeamPolicy.Hash),
        ["least-loaded"] = () => new TeamChoice(TeamPolicy.LeastLoaded),
        ["active-standby"] = () => new TeamChoice(TeamPolicy.ActiveStandby),
        ["mux"] = () => new MuxChoice(),
    };

    private static readonly string[] Kinds = [Pass];

    /// <summary>The flags of a verb that has a stack.</summary>
    /// <param name="hasClients">Whether it has connections of clients.</param>
    /// <param name="hasUpstreams">Whether it has upstream connections as well.</param>
    public static IEnumerable<SettingOption> Flags(bool hasClients = true, bool hasUpstreams = false)
    {
        yield return new SettingOption($"{Section}:Adapters", "--adapters", "COUNT", "kernel adapters under it");
        yield return new SettingOption($"{Section}:Team", "--team", "POLICY",
            $"which of several gets a connection: {string.Join(", ", Teams.Keys)}");
        if (hasClients)
            yield return new SettingOption($"{Section}:Front", "--front", "DRIVER,...",
                $"drivers of clients' connections, from the top: {string.Join(", ", Kinds)}, or none");
        if (hasUpstreams)
            yield return new SettingOption($"{Section}:Back", "--back", "DRIVER,...",
                "drivers of upstream connections, from the top, or none");
    }

    /// <summary>Reads and checks them.</summary>
    public static StackLayout From(NodeConfiguration configuration)
    {
        SettingReader reader = configuration.Section(Section);
        string team = reader.Text("Team");
        return new StackLayout(
            reader.Count(nameof(Adapters), 1, 16),
            Teams.GetValueOrDefault(team) ?? throw reader.Wrong("Team", $"one of {string.Join(", ", Teams.Keys)}"),
            Drivers(reader, nameof(Front)),
            Drivers(reader, nameof(Back)));
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
    /// <param name="drivers">From the binding down.</param>
    public static void Stand(StackBuilder stack, string binding, string over, IReadOnlyList<string> drivers)
    {
        for (int i = drivers.Count - 1; i >= 0; i--)
        {
            bool isFirst = !drivers.Take(i).Contains(drivers[i]);
            string name = $"{(drivers[i] == Pass ? "mux" : drivers[i])}-{binding}{(isFirst ? "" : $"-{i}")}";
            stack.Intermediate(name, over);
            over = name;
        }
        stack.Binding(binding, over);
    }

    /// <summary>A binding of the node's own stands on one that passes on.</summary>
    public static IReadOnlyList<string> Plain { get; } = [Pass];

    private static string[] Drivers(SettingReader reader, string name)
    {
        string text = reader.Text(name);
        if (text == None)
            return [];
        string[] drivers = [.. text.Split(',').Select(driver => driver.Trim())];
        return drivers.Length <= DriversMax && drivers.All(Kinds.Contains)
            ? drivers
            : throw reader.Wrong(name, $"at most {DriversMax} of {string.Join(", ", Kinds)}, or {None}");
    }
}
