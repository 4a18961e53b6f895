using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>What waits in the mailbox of a driver that dies comes home by the dead letters (GEN-03).</summary>
public sealed class DeadLetterSpecs : StackSpec
{
    [Theory]
    [InlineData("tcpip")]
    [InlineData("mux1")]
    [InlineData("mux0")]
    [InlineData("connection")]
    public async Task Requests_in_the_mailbox_of_a_dead_driver_come_home(string driver)
    {
        for (int round = 0; round < 20; round++)
        {
            OffloadedConnection connection = await OffloadAsync();
            Crashes.Arm(driver, CrashStep.Before, round);
            Task<SendResult>[] sends =
                [.. Enumerable.Range(0, 200).Select(_ => connection.SendAsync(new byte[1]).AsTask())];
            SendResult[] results = await Named("sends", Task.WhenAll(sends));
            results.ShouldAllBe(result =>
                result.Status == NdisStatus.Success || result.Status == NdisStatus.UploadInProgress);
            UploadResult rest = await Named("upload", connection.UploadAsync());
            rest.Positions.Accepted.ShouldBe(Target.PeerOf(rest.Socket!).Got.Length);
            results.Count(result => result.Status == NdisStatus.Success)
                .ShouldBeLessThanOrEqualTo((int)rest.Positions.Accepted);
            rest.Socket!.Dispose();
        }
    }
}
