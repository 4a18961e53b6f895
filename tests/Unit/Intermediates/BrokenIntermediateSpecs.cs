using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>A driver that keeps or doubles messages is named, and nobody waits because of it.</summary>
public abstract class BrokenIntermediateSpecs(BrokenHabit habit, int oneIn) : StackSpec
{
    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target)
        .BrokenIntermediate("bad", over: "nic0", habit, oneIn)
        .Binding("tcpip", over: "bad");

    [Fact]
    public async Task It_is_named_and_everybody_is_answered()
    {
        Expected = [habit == BrokenHabit.Drops ? VerifierCheck.Residence : VerifierCheck.UseAfterHandOver];
        for (int round = 0; round < 10; round++)
        {
            var user = new HearingUser();
            OffloadedConnection connection;
            try
            {
                connection = await Named("offload", Chimney.Binding("tcpip").OffloadAsync(NewSocket(), user));
            }
            catch (OffloadException)
            {
                continue;       // it kept the initiate: the socket is still the caller's
            }
            Task<SendResult>[] sends =
                [.. Enumerable.Range(0, 20).Select(_ => connection.SendAsync(new byte[1]).AsTask())];
            Task<DisconnectResult> end = connection.DisconnectAsync(DisconnectKind.Graceful);
            SendResult[] results = await Named("sends", Task.WhenAll(sends));
            await Named("end", end);
            UploadResult rest = await Named("upload", connection.UploadAsync());
            rest.Socket.ShouldNotBeNull();
            Peer peer = Target.PeerOf(rest.Socket);
            peer.Holes.ShouldBe(0);
            peer.Got.Length.ShouldBe((int)rest.Positions.Accepted);
            results.Count(result => result.Status == NdisStatus.Success).ShouldBeLessThanOrEqualTo(peer.Got.Length);
            rest.Socket.Dispose();
        }
        Chimney.Violations.ShouldAllBe(violation => violation.Driver == "bad");
    }
}

public sealed class DropsOneInThreeSpecs() : BrokenIntermediateSpecs(BrokenHabit.Drops, 3);

public sealed class DropsOneInTwentySpecs() : BrokenIntermediateSpecs(BrokenHabit.Drops, 20);

public sealed class DropsAllSpecs() : BrokenIntermediateSpecs(BrokenHabit.Drops, 1);

public sealed class DoublesAllSpecs() : BrokenIntermediateSpecs(BrokenHabit.Doubles, 1);

public sealed class DoublesOneInThreeSpecs() : BrokenIntermediateSpecs(BrokenHabit.Doubles, 3);
