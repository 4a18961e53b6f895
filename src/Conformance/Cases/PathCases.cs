using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>What INIT, QRY, UPD, INV and TERM say of neighbors and paths.</summary>
internal static class PathCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A source address of the host is on every packet", SourceAddress, "INIT-21")
            { Needs = Ability.Paths | Ability.Wire },
        new("Without room for a source address or a VLAN a neighbor is refused with the reason", NoRoom,
            "INIT-21", "INIT-22")
        {
            Needs = Ability.Paths,
            Plan = new StagePlan { Limits = new() { HardwareAddressesMax = 0, VlanIds = [5], VlanIdsMax = 0 } },
        },
        new("A VLAN is on every packet, and one that is not the interface's is a reason to fail", Vlan, "INIT-22")
            { Needs = Ability.Paths | Ability.Wire, Plan = new StagePlan { Limits = new() { VlanIds = [5] } } },
        new("Too large a window or packet is refused with the reason", TooLarge, "INIT-23")
        {
            Needs = Ability.Paths | Ability.Wire,
            Plan = new StagePlan { Limits = new() { PathMtuMax = 1_500, ReceiveWindowMax = 60_000 } },
        },
        new("A driver on the way down may set the VLAN", SetOnTheWay, "INIT-27")
            { Needs = Ability.Paths | Ability.Wire, Plan = new StagePlan { Below = SetVlan } },
        new("The timers of a connection run once, at the host or at the target", Timers, "INIT-25")
            { Needs = Ability.Wire | Ability.VirtualTime },
        new("A new address of a next hop is an update", NewAddress, "UPD-07", "UPD-01", "UPD-05")
            { Needs = Ability.Paths | Ability.Wire },
        new("A path moves to another next hop, which is there before, and the old one goes after", Move,
            "UPD-02", "UPD-07", "UPD-12", "TERM-22") { Needs = Ability.Paths | Ability.Wire },
        new("With a path or its neighbor every connection on it stops and asks to go back", Invalidate,
            "INV-02", "INV-03", "INV-05", "INV-07") { Needs = Ability.Paths | Ability.Wire },
        new("What cannot be queried is taken back", Unqueried, "QRY-05") { Needs = Ability.Paths },
        new("A path goes after its last connection, and a neighbor after its last path", Leave, "TERM-22")
            { Needs = Ability.Paths },
    ];

    private static async Task SourceAddress(Play play)
    {
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        Neighbor own = binding.NewNeighbor(TreeCases.Mac(9), source: TreeCases.Mac(101));
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, own));
        await play.Ends(line.Send(3_000));
        play.Check("INIT-21", line.Wire.Ours.All(seen => TreeCases.Mac(101).Equals(seen.Segment.Frame?.Source)),
            "a packet has another source address");
    }

    private static async Task NoRoom(Play play)
    {
        Neighbor own = play.Stage.Chimney.Binding(Stage.Binding).NewNeighbor(
            TreeCases.Mac(9), source: TreeCases.Mac(101));
        NdisStatus status = await RefusalAsync(play, "INIT-21", TreeCases.NewPath(play, own));
        play.Check("INIT-21", status == NdisStatus.OffloadHwAddressEntries, $"one too many: {status}");
        Neighbor tagged = TreeCases.NewNeighbor(play, vlan: 5);
        status = await RefusalAsync(play, "INIT-22", TreeCases.NewPath(play, tagged));
        play.Check("INIT-22", status == NdisStatus.OffloadVlanEntries, $"one too many: {status}");
    }

    private static async Task Vlan(Play play)
    {
        Line line = await TreeCases.OffloadAsync(
            play, TreeCases.NewPath(play, TreeCases.NewNeighbor(play, vlan: 5)), new LinePlan { Vlan = 5 });
        await play.Ends(line.Send(100));
        play.Check("INIT-22", line.Wire.Ours.All(seen => seen.Segment.Frame?.VlanId == 5), "a packet is not on it");
        NdisStatus alien = await RefusalAsync(
            play, "INIT-22", TreeCases.NewPath(play, TreeCases.NewNeighbor(play, vlan: 7)));
        NdisStatus none = await RefusalAsync(play, "INIT-22", TreeCases.NewPath(play, TreeCases.NewNeighbor(play)));
        bool lawful = (alien, none) == (NdisStatus.OffloadVlanMismatch, NdisStatus.Success);
        play.Check("INIT-22", lawful, $"not the interface's: {alien}; none: {none}");
    }

    private static async Task TooLarge(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        NdisStatus mtu = await RefusalAsync(play, "INIT-23", TreeCases.NewPath(play, neighbor, 1_501));
        NdisStatus window = await RefusalAsync(play, "INIT-23", TreeCases.NewPath(play, neighbor));
        play.Check("INIT-23", mtu == NdisStatus.OffloadPathMtu, $"a path MTU of 1,501 of 1,500: {mtu}");
        play.Check("INIT-23", window == NdisStatus.OffloadTcpRcvWindow, $"a window of 65,535 of 60,000: {window}");
    }

    private static void SetVlan(OffloadRequest request)
    {
        if (request is not InitiateOffload { Block: var root })
            return;
        foreach (OffloadBlock block in BlockTree.BlocksOf(root))
            if (block.Neighbor is { } neighbor)
                block.Neighbor = neighbor with { Const = neighbor.Const with { VlanId = 7 } };
    }

    private static async Task SetOnTheWay(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        Line line = await TreeCases.OffloadAsync(
            play, TreeCases.NewPath(play, neighbor), new LinePlan { Vlan = 7 });
        NeighborOffloadState state = await play.Ends("INIT-27", "a query", neighbor.QueryAsync());
        play.Check("INIT-27", state.Const.VlanId == 7, $"the target has VLAN {state.Const.VlanId}");
        await play.Ends(line.Send(100));
        play.Check("INIT-27", line.Wire.Ours.All(seen => seen.Segment.Frame?.VlanId == 7), "a packet is not on it");
    }

    /// <summary>Idle for so long that the keepalive timer is due once: half of the time at the host.</summary>
    private static async Task Timers(Play play)
    {
        var ours = new TcpEngineSettings { KeepAlive = true, KeepAliveTimeout = TimeSpan.FromSeconds(60) };
        Line line = play.NewLine(new LinePlan { Ours = ours });
        await play.Stage.PassAsync(TimeSpan.FromSeconds(30));
        await line.OffloadAsync();
        await play.Stage.PassAsync(TimeSpan.FromSeconds(45));
        TimeSpan[] probes = [.. line.Wire.Ours.Select(seen => seen.At)];
        play.Check("INIT-25", probes.Length == 1 && probes[0].TotalSeconds is > 55 and < 65,
            $"{probes.Length} probes, at {string.Join(", ", probes)}");
    }

    private static async Task NewAddress(Play play)
    {
        NetworkPath path = TreeCases.NewPath(play, TreeCases.NewNeighbor(play));
        Line[] lines = [await TreeCases.OffloadAsync(play, path), await TreeCases.OffloadAsync(play, path)];
        NeighborOffloadState before = await play.Ends("UPD-01", "a query", path.Neighbor.QueryAsync());
        await play.Ends("UPD-07", "an update", TreeCases.Done(path.Neighbor.UpdateAsync(TreeCases.Mac(77))));
        NeighborOffloadState after = await play.Ends("UPD-05", "a query", path.Neighbor.QueryAsync());
        play.Check("UPD-01", after.Const == before.Const, $"{before.Const} became {after.Const}");
        play.Check("UPD-05", TreeCases.Mac(77).Equals(after.Cached.DestinationAddress), $"{after.Cached}");
        foreach (Line line in lines)
        {
            await play.Ends(line.Send(100));
            play.Check("UPD-07", TreeCases.Mac(77).Equals(line.Wire.Ours.Last().Segment.Frame?.Destination),
                $"sends to {line.Wire.Ours.Last().Segment.Frame?.Destination}");
        }
        int asked = TreeCases.Asked(play, OffloadOperation.Update).Length;
        play.Check("UPD-07", asked == 1, $"{asked} updates for one neighbor", Stage.Binding);
    }

    private static async Task Move(Play play)
    {
        Neighbor old = TreeCases.NewNeighbor(play);
        NetworkPath path = TreeCases.NewPath(play, old);
        Line line = await TreeCases.OffloadAsync(play, path);
        OffloadHandle left = old.Handle;
        Neighbor next = await BesideAsync(play, left);
        await play.Ends("UPD-02", "a relink", TreeCases.Done(old.FailOverAsync(next)));
        await play.Ends(line.Send(100));
        bool moved = TreeCases.Mac(77).Equals(line.Wire.Ours.Last().Segment.Frame?.Destination);
        play.Check("UPD-02", moved, $"the path still uses {line.Wire.Ours.Last().Segment.Frame?.Destination}");
        OffloadBlock[] updates = TreeCases.Asked(play, OffloadOperation.Update);
        play.Check("UPD-07", updates is [{ Layer: OffloadLayer.Path, Neighbor: null }]
            && updates[0].Parent == next.Handle, "is no relink of the path", Stage.Binding);
        await play.Until("TERM-22", "a neighbor without paths goes", () => Ended(play).Contains(left));
        int[] order = [At(play, OffloadOperation.Initiate, next.Handle, Act.Up),
            At(play, OffloadOperation.Update, path.Handle, Act.Down),
            At(play, OffloadOperation.Update, path.Handle, Act.Up),
            At(play, OffloadOperation.Terminate, left, Act.Down)];
        play.Check("UPD-12", order[0] >= 0 && order.SequenceEqual(order.Order()), "in another order", Stage.Binding);
    }

    /// <summary>Another neighbor on the same adapter, where there is more than one.</summary>
    private static async Task<Neighbor> BesideAsync(Play play, OffloadHandle neighbor)
    {
        for (int tries = 0; tries < 20; tries++)
        {
            Neighbor next = TreeCases.NewNeighbor(play, 77);
            await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, next));
            if (AdapterOf(play, next.Handle) == AdapterOf(play, neighbor))
                return next;
        }
        throw new CaseOverException("no two neighbors come to one adapter");
    }

    private static int? AdapterOf(Play play, OffloadHandle handle) => play.Find(entry =>
        entry.Is(Place.Below, Act.Down, OffloadOperation.Initiate)
        && BlockTree.BlocksOf((OffloadBlock)entry.Parcel!).Any(block => block.Connection == handle))?.Adapter;

    private static async Task Invalidate(Play play)
    {
        Neighbor neighbor = TreeCases.NewNeighbor(play);
        Line[] lines = [await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor)),
            await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, neighbor))];
        Line other = await play.OffloadAsync();
        await play.Ends("INV-03", "an invalidate", TreeCases.Done(neighbor.InvalidateAsync()));
        foreach (Line line in lines)
        {
            TcpUploadReason reason = await play.Ends("INV-03", "a wish for upload", line.Connection.UploadWanted);
            play.Check("INV-03", reason == TcpUploadReason.InvalidState, $"the reason is {reason}");
            Task<SendResult> late = line.Send(500);
            await play.SettleAsync(line);
            play.Check("INV-02", line.Peer.Received == 0, $"{line.Peer.Received} bytes were sent after it");
            UploadResult rest = await line.Upload();
            play.Check("INV-05", rest.Socket is not null, "the connection was given up before its terminate");
            await play.Ends(late);
        }
        play.Check("INV-03", !other.Connection.WantsUpload, "a connection on no path is to go, too");
        await play.Until("INV-07", "the host takes its objects back", () => Ended(play).Length >= 5);
    }

    private static async Task Unqueried(Play play)
    {
        NetworkPath path = TreeCases.NewPath(play, TreeCases.NewNeighbor(play));
        Line line = await TreeCases.OffloadAsync(play, path);
        OffloadHandle handle = path.Handle;
        await play.Stage.RemoveAsync();
        bool failed = false;
        try
        {
            await play.Ends("QRY-05", "a query that fails", path.QueryAsync());
        }
        catch (Exception none) when (none is StateOperationException or InvalidOperationException)
        {
            failed = true;
        }
        play.Check("QRY-05", failed, "the state of what is gone is told");
        play.Check("QRY-05", path.Handle.IsNone, "the host goes on using it", Stage.Binding);
        await line.Upload();
        await play.Until("QRY-05", "the host takes it back", () => Ended(play).Contains(handle));
    }

    private static async Task Leave(Play play)
    {
        NetworkPath path = TreeCases.NewPath(play, TreeCases.NewNeighbor(play));
        Line first = await TreeCases.OffloadAsync(play, path), last = await TreeCases.OffloadAsync(play, path);
        OffloadHandle[] wanted = [first.Handle, last.Handle, path.Handle, path.Neighbor.Handle];
        await first.Upload();
        await play.SettleAsync(last);
        OffloadHandle[] ended = Ended(play);
        play.Check("TERM-22", ended.SequenceEqual(wanted.Take(1)), $"{ended.Length} ended under a connection",
            Stage.Binding);
        await last.Upload();
        await play.Until("TERM-22", "the path and its neighbor go", () => Ended(play).Length == 4);
        play.Check("TERM-22", Ended(play).SequenceEqual(wanted), string.Join(", ", Ended(play)), Stage.Binding);
    }

    private static OffloadHandle[] Ended(Play play) =>
        [.. play.Trace.Where(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate))
            .Select(entry => entry.Connection)];

    private static int At(Play play, OffloadOperation operation, OffloadHandle handle, Act act) =>
        Array.FindIndex(play.Trace, entry => entry.Is(Place.Target, act, operation) && entry.Connection == handle);

    private static async Task<NdisStatus> RefusalAsync(Play play, string rule, NetworkPath path)
    {
        Line line = play.NewLine();
        line.Path = path;
        try
        {
            await play.Ends(rule, "an initiate", line.TryOffloadAsync());
            return NdisStatus.Success;
        }
        catch (OffloadException refused)
        {
            return refused.Status;
        }
    }
}
