using ChimneyActors.Intermediates;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Hosting;

/// <summary>The intermediate drivers that a node's stack may have, as its settings make them.</summary>
internal sealed class NodeDrivers : IDisposable
{
    private const string None = "none";
    private const string Pass = "pass";
    private const string FilterKind = "filter";
    private const string ThrottleKind = "throttle";
    private const string CaptureKind = "capture";
    private readonly FilterSettings _filter;
    private readonly ThrottleSettings _throttle;
    private readonly Capture? _capture;

    /// <param name="configuration">The settings.</param>
    /// <param name="named">The kinds that the settings of the stack name. For another one nothing may be set: who
    /// denies somebody should not find out later that nobody asked.</param>
    /// <param name="used">Those of them that are in the stack of this verb.</param>
    /// <exception cref="NodeException">A setting is not lawful, or a file cannot be written.</exception>
    public NodeDrivers(
        NodeConfiguration configuration, IReadOnlyCollection<string> named, IReadOnlyCollection<string> used)
    {
        _filter = FilterOf(configuration.Section("Filter"), named.Contains(FilterKind));
        _throttle = ThrottleOf(configuration.Section("Throttle"), named.Contains(ThrottleKind));
        _capture = CaptureOf(
            configuration.Section("Capture"), named.Contains(CaptureKind), used.Contains(CaptureKind));
    }

    /// <summary>What a list of drivers may name.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [Pass, FilterKind, ThrottleKind, CaptureKind];

    /// <summary>One that passes everything on, for bindings of the node's own.</summary>
    public static IReadOnlyList<string> Plain { get; } = [Pass];

    /// <summary>The flags for the settings of the drivers.</summary>
    public static IEnumerable<SettingOption> Flags() =>
    [
        new("Filter:Rules", "--filter", "RULE,...", "of filter: 'deny 10.0.0.0/8 local-port 80, allow any', or none"),
        new("Filter:ConnectionsPerPeerMax", "--filter-per-peer", "COUNT", "of filter: for each address; 0: no limit"),
        new("Throttle:BytesPerSecond", "--throttle-bytes", "COUNT", "of throttle: a second; 0: no limit"),
        new("Throttle:RequestsPerSecond", "--throttle-requests", "COUNT", "of throttle: a second; 0: no limit"),
        new("Capture:Packets", "--capture", "FILE", "of capture: payload as pcapng, or none"),
        new("Capture:Requests", "--capture-requests", "FILE", "of capture: a line of JSON for each request, or none"),
    ];

    /// <summary>Its name in a stack.</summary>
    public static string NameOf(string kind, string binding) => $"{(kind == Pass ? "mux" : kind)}-{binding}";

    /// <summary>What makes the driver of each life; null for one that passes everything on.</summary>
    public Func<IntermediateDriver>? MakerOf(string kind) => kind switch
    {
        FilterKind => FilterDriver.Of(_filter),
        ThrottleKind => () => new ThrottleDriver(_throttle),
        CaptureKind => _capture!.NewDriver,
        _ => null,
    };

    /// <summary>Ends what drivers wrote to.</summary>
    public void Dispose()
    {
        if (_capture?.Stopped is { } why)
            Serilog.Log.Warning("The capture is not complete: {Why:l}", why);
        _capture?.Dispose();
    }

    private static FilterSettings FilterOf(SettingReader reader, bool isNamed)
    {
        string text = reader.Text("Rules");
        List<FilterRule> rules = [];
        foreach (string one in text == None ? [] : text.Split(','))
            rules.Add(FilterRule.TryParse(one, out FilterRule? rule)
                ? rule
                : throw reader.Wrong("Rules", $"'{None}', or a list of {FilterRule.Lawful}"));
        var settings = new FilterSettings
        {
            Rules = rules,
            AllowsOthers = reader.Text("Others") switch
            {
                "allow" => true,
                "deny" => false,
                _ => throw reader.Wrong("Others", "allow or deny"),
            },
            ConnectionsPerPeerMax = reader.Count("ConnectionsPerPeerMax", 0, 1_000_000),
        };
        bool isSet = rules.Count > 0 || !settings.AllowsOthers || settings.ConnectionsPerPeerMax > 0;
        return isNamed || !isSet ? settings : throw Unused(reader, "Rules", FilterKind);
    }

    private static ThrottleSettings ThrottleOf(SettingReader reader, bool isNamed)
    {
        var settings = new ThrottleSettings
        {
            BytesPerSecond = reader.Long("BytesPerSecond", 0, 1L << 40),
            RequestsPerSecond = reader.Long("RequestsPerSecond", 0, 1_000_000_000),
            Burst = reader.Duration("Burst", offAllowed: true),
        };
        if (settings.Burst > TimeSpan.FromMinutes(1))
            throw reader.Wrong("Burst", "a duration up to 1m, or 0");
        bool isSet = settings.BytesPerSecond > 0 || settings.RequestsPerSecond > 0;
        return isNamed || !isSet ? settings : throw Unused(reader, "BytesPerSecond", ThrottleKind);
    }

    private static Capture? CaptureOf(SettingReader reader, bool isNamed, bool isUsed)
    {
        string packets = reader.Text("Packets");
        string requests = reader.Text("Requests");
        long most = reader.Long("BytesMax", 1024, long.MaxValue);
        bool isSet = packets != None || requests != None;
        if (isNamed != isSet)
            throw isSet ? Unused(reader, "Packets", CaptureKind)
                : reader.Wrong("Packets", $"a file, here or in Requests: there is a {CaptureKind} in the stack");
        return isUsed
            ? new Capture(Create(reader, "Packets", packets), Create(reader, "Requests", requests), most)
            : null;
    }

    private static FileStream? Create(SettingReader reader, string name, string file)
    {
        if (file == None)
            return null;
        try
        {
            return new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw reader.Wrong(name, $"a file that can be written ({VerbLine.OneLine(e.Message)})");
        }
    }

    private static NodeException Unused(SettingReader reader, string name, string kind) =>
        reader.Wrong(name, $"used by a {kind} in Front or Back of Stack, and there is none");
}
