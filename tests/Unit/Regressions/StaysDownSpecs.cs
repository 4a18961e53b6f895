using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A driver that has used up its restarts stayed down without a word: who only waited for data waited for
/// ever.</summary>
public sealed class StaysDownSpecs : StackSpec
{
    internal override string Settings => "chimney.restart.restarts-max = 0";

    [Theory]
    [InlineData("mux0")]
    [InlineData("mux1")]
    [InlineData("tcpip")]
    public async Task Whoever_only_waits_is_asked_to_take_the_connection_back(string driver)
    {
        await using OffloadedConnection sending = await OffloadAsync();
        OffloadedConnection waiting = await OffloadAsync();
        Crashes.Arm(driver, CrashStep.Before, 0);

        await Named("send", sending.SendAsync(new byte[1]).AsTask());

        (await Named("wish", waiting.UploadWanted)).ShouldBe(TcpUploadReason.HardwareFailure);
        UploadResult rest = await Named("upload", waiting.UploadAsync());
        rest.Socket.ShouldNotBeNull();
        rest.Socket.Dispose();
    }
}
