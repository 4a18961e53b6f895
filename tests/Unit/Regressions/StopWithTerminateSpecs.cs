using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A stack stopped while a terminate was on its way. The terminate failed, and the connection was taken for
/// ended: its target was never told to let go, and what it could still write to went back to its pool.</summary>
public sealed class StopWithTerminateSpecs : StackSpec
{
    private readonly KeepingTarget _keeper;

    public StopWithTerminateSpecs() => _keeper = new KeepingTarget(Target);

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", _keeper)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0");

    [Theory]
    [InlineData("tcpip", CrashStep.Before)]
    [InlineData("tcpip", CrashStep.Between)]
    [InlineData("mux0", CrashStep.Before)]
    [InlineData("mux0", CrashStep.Between)]
    [InlineData("connection-", CrashStep.Before)]
    public async Task The_target_lets_go_of_a_connection_whose_terminate_was_lost_on_its_way(
        string driver, CrashStep step)
    {
        using Socket socket = NewSocket();
        OffloadedConnection connection = await OffloadAsync(socket, null);
        Wire wire = Target[connection.Handle];
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[10]).AsTask();
        await Until(() => wire.Queued == 1);
        Chimney.Stack.BeginStop();
        Crashes.Arm(driver, step, 0);

        (await Named("upload", connection.UploadAsync())).Socket.ShouldBeNull();
        bool connectionLives = !driver.StartsWith("connection", StringComparison.Ordinal);
        if (connectionLives)
            receive.IsCompleted.ShouldBeFalse("the target may still write to its memory");
        await Named("stop", Chimney.DisposeAsync().AsTask());

        _keeper.Severed.ShouldBe([connection.Handle]);
        (await Named("receive", receive)).Status.ShouldBe(NdisStatus.RequestAborted);
        socket.SafeHandle.IsClosed.ShouldBeTrue("nobody would ever close it");
    }

    [Fact]
    public async Task The_socket_of_a_terminate_that_waits_at_the_target_is_closed()
    {
        using Socket socket = NewSocket();
        OffloadedConnection connection = await OffloadAsync(socket, null);
        _keeper.KeepsTerminates = true;
        Task<UploadResult> upload = connection.UploadAsync();
        await Until(() => _keeper.Kept == 1);

        await Named("stop", Chimney.DisposeAsync().AsTask());

        (await Named("upload", upload)).Socket.ShouldBeNull();
        _keeper.Severed.ShouldBe([connection.Handle]);
        socket.SafeHandle.IsClosed.ShouldBeTrue("nobody would ever close it");
    }

    [Fact]
    public async Task The_socket_of_a_connection_that_waits_to_be_fetched_is_closed_though_its_terminate_was_lost()
    {
        using Socket socket = NewSocket();
        OffloadedConnection connection = await OffloadAsync(socket, null);
        Crashes.Arm("connection-", CrashStep.Before, 0);
        Target[connection.Handle].Say(TcpUploadReason.LowActivity);
        await Named("stranded", connection.UploadWanted);
        Chimney.Stack.BeginStop();
        Crashes.Arm("mux0", CrashStep.Before, 0);

        (await Named("upload", connection.UploadAsync())).Socket.ShouldBeNull();
        await Named("stop", Chimney.DisposeAsync().AsTask());

        socket.SafeHandle.IsClosed.ShouldBeTrue("nobody would ever close it");
    }
}
