using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Drivers die in the middle of what is done to an adapter: it is done all the same, and nobody
/// waits.</summary>
public sealed class AdapterDeathSpecs : StackSpec
{
    private const int VisitsMax = 3;

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", () => Target)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0");

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "nic0", "mux0", "tcpip", "connection-", "nic0-shelf-");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_it_is_done_and_undone(string driver, CrashStep step)
    {
        for (int visit = 0; visit < VisitsMax; visit++)
        {
            await GoAndComeAsync(driver, step, visit, nic => nic.PauseAsync(), nic => nic.RestartAsync());
            await GoAndComeAsync(driver, step, visit, nic => nic.HaltAsync(), nic => nic.InitializeAsync());
            await GoAndComeAsync(driver, step, visit, nic => nic.RemoveAsync(), nic => nic.InitializeAsync());
            await GoAndComeAsync(driver, step, visit, _ => Chimney.Binding("tcpip").UnbindAsync(),
                _ => Chimney.Binding("tcpip").BindAsync());
        }
    }

    private async Task GoAndComeAsync(
        string driver, CrashStep step, int visit, Func<Adapter, Task<LifeResult>> go,
        Func<Adapter, Task<LifeResult>> come)
    {
        Adapter nic = Chimney.Adapter("nic0");
        OffloadedConnection connection = await OffloadAsync();
        Target.IsAutomatic = false;
        Task<SendResult> send = connection.SendAsync(new byte[7]).AsTask();
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[7]).AsTask();
        Crashes.Arm(driver, step, visit);

        (await Named("going", go(nic))).IsDone.ShouldBeTrue();

        (await Named("send", send)).Status.ShouldBe(NdisStatus.UploadInProgress);
        (await Named("receive", receive)).Status.ShouldBe(NdisStatus.UploadInProgress);
        (await Named("rest", connection.UploadAsync())).Socket.ShouldNotBeNull();
        Chimney.Connections.ShouldBe(0);

        (await Named("coming", come(nic))).IsDone.ShouldBeTrue();

        Crashes.Disarm();
        Target.IsAutomatic = true;
        OffloadedConnection again = await OffloadAsync();
        (await Named("send", again.SendAsync(new byte[7]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Named("dispose", again.DisposeAsync().AsTask());
    }
}
