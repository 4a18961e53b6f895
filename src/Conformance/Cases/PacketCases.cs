using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>SEND: the packets around what is sent.</summary>
internal static class PacketCases
{
    private const int HeaderBytes = 40;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("Nothing is sent in fragments, however narrow the path", NoFragments, "SEND-20")
            { Needs = Ability.Wire | Ability.Paths },
    ];

    private static async Task NoFragments(Play play)
    {
        foreach (int mtu in (int[])[600, 1_500])
        {
            NetworkPath path = TreeCases.NewPath(play, TreeCases.NewNeighbor(play), mtu);
            Line line = await TreeCases.OffloadAsync(play, path);
            await play.Ends(line.Send(5_000));
            play.Check("SEND-20", (await play.Ends(line.Disconnect(DisconnectKind.Graceful, 5_000))).Status
                == NdisStatus.Success, "a disconnect fails");
            WireSighting? large = line.Wire.Ours.Select(seen => (WireSighting?)seen)
                .FirstOrDefault(seen => seen!.Value.Segment.Data.Length > mtu - HeaderBytes);
            play.Check("SEND-20", large is null, $"{large?.Segment.Data.Length} bytes in a packet of at most {mtu}");
            play.Check("SEND-20", line.Wire.Ours.All(seen => seen.Segment.Form == PacketForm.Plain),
                "a packet was sent in fragments");
        }
    }
}
