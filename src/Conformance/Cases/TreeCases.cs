using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>BLK, and what INIT says of trees: neighbors, paths and connections in one request.</summary>
internal static class TreeCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A tree goes down layer by layer, and each object is linked to what it depends on", Whole,
            "BLK-01", "BLK-02", "BLK-04", "BLK-05", "BLK-06", "BLK-13", "BLK-16", "INIT-02", "INIT-05")
            { Needs = Ability.Paths | Ability.Wire },
        new("What is offloaded already is linked to, or only held together", Linked,
            "BLK-07", "BLK-08", "BLK-09", "BLK-10", "BLK-12", "INIT-05") { Needs = Ability.Paths },
        new("A linker says how many of its dependents were offloaded", LinkerStatus, "BLK-10", "BLK-04")
            { Needs = Ability.Paths, Plan = new StagePlan { Limits = new() { ReceiveWindowMax = 60_000 } } },
        new("What depends on a refused object is not tried, and the failure climbs one layer", Partly,
            "INIT-06", "INIT-07", "INIT-08", "BLK-04")
            { Needs = Ability.Paths, Plan = new StagePlan { Limits = new() { PathMtuMax = 1_500 } } },
        new("The handle of an object means that object in every operation", Handles, "BLK-11", "QRY-01")
            { Needs = Ability.Paths },
    ];

    /// <summary>A connection whose window fits where others do not.</summary>
    private static readonly LinePlan Small = new() { Ours = new TcpEngineSettings { ReceiveBytesMax = 20_000 } };

    /// <summary>A next hop.</summary>
    internal static Neighbor NewNeighbor(Play play, byte last = 9, int vlan = 0, INeighborUser? user = null) =>
        play.Stage.Chimney.Binding(Stage.Binding).NewNeighbor(Mac(last), vlan, user: user);

    /// <summary>A path between the addresses that every simulated line has.</summary>
    internal static NetworkPath NewPath(Play play, Neighbor neighbor, int mtu = 1_500) =>
        play.Stage.Chimney.Binding(Stage.Binding).NewPath(
            neighbor, new IPAddress([192, 0, 2, 1]), new IPAddress([198, 51, 100, 2]), mtu);

    /// <summary>A connection, offloaded on a path.</summary>
    internal static async Task<Line> OffloadAsync(Play play, NetworkPath path, LinePlan? plan = null)
    {
        Line line = OnPath(play, path, plan);
        await line.OffloadAsync();
        return line;
    }

    private static Line OnPath(Play play, NetworkPath path, LinePlan? plan)
    {
        Line line = play.NewLine(plan);
        line.Path = path;
        return line;
    }

    internal static PhysicalAddress Mac(byte last) => new([2, 0, 0, 0, 0, last]);

    /// <summary>What the target was asked of an object, in order.</summary>
    internal static OffloadBlock[] Asked(Play play, OffloadOperation operation) =>
        [.. play.Trace.Where(entry => entry.Is(Place.Target, Act.Down, operation))
            .Select(entry => (OffloadBlock)entry.Parcel!)];

    /// <summary>The trees that the host has sent.</summary>
    private static OffloadBlock[] Trees(Play play, Act act) =>
        [.. play.Trace.Where(entry => entry.Is(Place.Above, act, OffloadOperation.Initiate))
            .Select(entry => (OffloadBlock)entry.Parcel!)];

    /// <summary>Several connections in one tree: they wait together while the tree of another one is under
    /// way.</summary>
    private static Task<Line[]> TogetherAsync(Play play, params NetworkPath[] paths) =>
        TogetherAsync(play, [.. paths.Select(path => OnPath(play, path, null))]);

    private static async Task<Line[]> TogetherAsync(Play play, Line[] lines)
    {
        Line before = OnPath(play, NewPath(play, NewNeighbor(play)), null);
        Task<OffloadedConnection> first = before.TryOffloadAsync();
        foreach (Task<OffloadedConnection> one in lines.Select(line => line.TryOffloadAsync()).Prepend(first).ToArray())
            await play.Ends("BLK-04", "a connection of a tree", Settled(one));
        return lines;
    }

    private static async Task Whole(Play play)
    {
        Neighbor neighbor = NewNeighbor(play);
        NetworkPath one = NewPath(play, neighbor, 700), two = NewPath(play, neighbor, 900);
        Line[] lines = await TogetherAsync(play, one, two, one, two);
        OffloadBlock root = Trees(play, Act.Down)[^1];
        OffloadBlock[] blocks = [.. BlockTree.BlocksOf(root)];
        play.Check("BLK-01", Shape(root) == "N(P(TT)P(TT))", $"the tree is {Shape(root)}", Stage.Binding);
        play.Check("BLK-06", blocks.All(IsDescribed), "a state is no longer there", Stage.Binding);
        play.Check("BLK-05", Trees(play, Act.Up).Contains(root), "another tree came back");
        play.Check("BLK-04", blocks.All(block => block.Status != NdisStatus.Pending), "a block has no status");
        play.Check("INIT-05", blocks.All(block => block.Status == NdisStatus.Success), "not all succeeded");
        OffloadBlock[] asked = Asked(play, OffloadOperation.Initiate)[3..];
        play.Check("BLK-02", asked.All(IsDescribed), "a block brings the state of another layer");
        OffloadBlock? early = Array.Find(asked, block => !block.Parent.IsNone && !IsBehindItsParent(play, block));
        play.Check("INIT-02", early is null, $"{early?.Layer} {early?.Connection} was tried before {early?.Parent}");
        string parents = string.Join(", ", asked.Select(block => block.Parent.ToString()).Order());
        OffloadHandle[] wanted = [OffloadHandle.None, neighbor.Handle, neighbor.Handle, one.Handle, one.Handle,
            two.Handle, two.Handle];
        bool isLinked = parents == string.Join(", ", wanted.Select(handle => handle.ToString()).Order());
        play.Check("BLK-16", isLinked, $"linked to {parents}");
        foreach ((Line line, int mtu) in lines.Zip((int[])[700, 900, 700, 900]))
        {
            await play.Ends(line.Send(3_000));
            int longest = line.Wire.Ours.Max(seen => seen.Segment.Data.Length);
            play.Check("BLK-16", longest == mtu - 40, $"segments of {longest} bytes on a path of {mtu}");
        }
        ILookup<(Parcel?, int), TraceEntry> journeys = play.Trace
            .Where(entry => entry is { Place: Place.Target, Parcel: OffloadBlock }).ToLookup(entry => entry.Journey);
        play.Check("BLK-13", journeys.All(journey => journey.Select(entry => entry.Reserved).Distinct().Count() == 1),
            "what the protocol has put on a block has changed");
    }

    private static async Task Linked(Play play)
    {
        NetworkPath path = NewPath(play, NewNeighbor(play));
        await OffloadAsync(play, path);
        int before = Asked(play, OffloadOperation.Initiate).Length;
        await OffloadAsync(play, path);
        OffloadBlock root = Trees(play, Act.Down)[^1];
        OffloadBlock linker = root.DependentBlockList!;
        bool roles = (root.Role, linker.Role, linker.DependentBlockList!.Role)
            == (BlockRole.Placeholder, BlockRole.Linker, BlockRole.Subject);
        play.Check("BLK-07", roles && linker.Connection == path.Handle, "is no placeholder over a linker",
            Stage.Binding);
        bool isBare = linker is { Path: null, DependentBlockList.Socket: not null };
        play.Check("BLK-09", isBare, "a linker brings a state, or nothing new", Stage.Binding);
        OffloadBlock[] asked = Asked(play, OffloadOperation.Initiate)[before..];
        play.Check("BLK-08", root.Status == NdisStatus.Success, $"a placeholder has {root.Status}");
        play.Check("BLK-10", linker.Status == NdisStatus.Success, $"a linker has {linker.Status}");
        play.Check("BLK-07", asked is [{ Layer: OffloadLayer.Tcp }], $"{asked.Length} objects were asked for");
        play.Check("BLK-09", asked.All(block => block.Parent == path.Handle), "the new one hangs on another path");
        play.Check("INIT-05", asked.All(block => block.Status == NdisStatus.Success), "it was not offloaded");
        Line first = play.Lines[0];
        await play.Ends("BLK-12", "an invalidate", Done(path.InvalidateAsync()));
        await play.Ends("BLK-12", "the wish of a connection", first.Connection.UploadWanted);
        TraceEntry[] said = [.. play.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Event })];
        play.Check("BLK-12", said.All(entry => play.Lines.Any(line => line.Handle == entry.Connection)),
            "an event names no connection");
    }

    private static async Task LinkerStatus(Play play)
    {
        NetworkPath path = NewPath(play, NewNeighbor(play));
        await OffloadAsync(play, path, Small);
        await TogetherAsync(play, [OnPath(play, path, null), OnPath(play, path, Small)]);
        OffloadBlock some = Trees(play, Act.Down)[^1].DependentBlockList!;
        play.Check("BLK-10", some.Status == NdisStatus.OffloadPartialSuccess, $"one of two: {some.Status}");
        await TogetherAsync(play, path, path);
        OffloadBlock none = Trees(play, Act.Down)[^1].DependentBlockList!;
        play.Check("BLK-10", none.Status == NdisStatus.Failure, $"none of two: {none.Status}");
        NdisStatus[] below = [.. BlockTree.BlocksOf(none.DependentBlockList!).Select(block => block.Status)];
        play.Check("BLK-04", below.All(status => status == NdisStatus.OffloadTcpRcvWindow), $"{below[0]}");
    }

    private static async Task Partly(Play play)
    {
        Neighbor neighbor = NewNeighbor(play);
        NetworkPath one = NewPath(play, neighbor), two = NewPath(play, neighbor, 1_501);
        Line[] lines = await TogetherAsync(play, one, two);
        OffloadBlock root = Trees(play, Act.Down)[^1];
        NdisStatus[] all = [.. BlockTree.BlocksOf(root).Select(block => block.Status)];
        string statuses = string.Join(", ", all);
        play.Check("INIT-06", all[0] == NdisStatus.OffloadPartialSuccess, $"the neighbor: {statuses}");
        play.Check("INIT-07", all.Contains(NdisStatus.OffloadPathMtu), $"no reason: {statuses}");
        play.Check("INIT-08", all[^1] == NdisStatus.Failure, $"below what was refused: {statuses}");
        int tried = Asked(play, OffloadOperation.Initiate)[3..].Count(block => block.Layer == OffloadLayer.Tcp);
        play.Check("INIT-08", tried == 1, $"{tried} connections were tried");
        play.Check("BLK-04", !all.Contains(NdisStatus.Pending), statuses);
        Line good = lines.Single(line => !line.Handle.IsNone);
        play.Check("INIT-06", (await play.Ends(good.Send(100))).Status == NdisStatus.Success, "what was taken is not");
    }

    private static async Task Handles(Play play)
    {
        Neighbor neighbor = NewNeighbor(play);
        NetworkPath one = NewPath(play, neighbor, 700), two = NewPath(play, neighbor, 900);
        await TogetherAsync(play, one, two);
        await play.Ends("BLK-11", "an update", Done(two.UpdateAsync(800)));
        PathOffloadState first = await play.Ends("QRY-01", "a query of a path", one.QueryAsync());
        PathOffloadState second = await play.Ends("QRY-01", "a query of a path", two.QueryAsync());
        play.Check("BLK-11", (first.Cached.PathMtu, second.Cached.PathMtu) == (700, 800),
            $"{first.Cached.PathMtu} and {second.Cached.PathMtu}, not 700 and 800");
        NeighborOffloadState hop = await play.Ends("QRY-01", "a query of a neighbor", neighbor.QueryAsync());
        play.Check("QRY-01", Equals(hop.Cached.DestinationAddress, neighbor.Destination), $"{hop}");
        play.Check("QRY-01", second.Const is { SourceAddress: not null, DestinationAddress: not null }, $"{second}");
    }

    /// <summary>The letters of the layers; what depends on a block stands in brackets behind it.</summary>
    private static string Shape(OffloadBlock? first)
    {
        string shape = "";
        for (OffloadBlock? block = first; block is not null; block = block.NextBlock)
            shape += Letter(block.Layer) + (block.DependentBlockList is { } below ? $"({Shape(below)})" : "");
        return shape;
    }

    private static bool IsBehindItsParent(Play play, OffloadBlock block)
    {
        TraceEntry[] seen = [.. play.Trace.Where(entry => entry.Place == Place.Target
            && entry.Operation == OffloadOperation.Initiate)];
        int parent = Array.FindIndex(seen, entry => entry.Act == Act.Up && entry.Connection == block.Parent);
        return parent >= 0 && parent < Array.FindIndex(seen, entry => entry.Parcel == block);
    }

    private static char Letter(OffloadLayer layer) => "TPN"[(int)layer];

    /// <summary>Whether a new object comes with its own state, and with no other.</summary>
    private static bool IsDescribed(OffloadBlock block) =>
        (block.Layer == OffloadLayer.Neighbor) == block.Neighbor is not null
        && (block.Layer == OffloadLayer.Path) == block.Path is not null
        && (block.Layer == OffloadLayer.Tcp) == block.Socket is not null;

    /// <summary>Whatever it comes to.</summary>
    private static async Task<bool> Settled(Task<OffloadedConnection> offload)
    {
        try
        {
            await offload;
            return true;
        }
        catch (OffloadException)
        {
            return false;
        }
    }

    internal static async Task<bool> Done(Task work)
    {
        await work;
        return true;
    }
}
