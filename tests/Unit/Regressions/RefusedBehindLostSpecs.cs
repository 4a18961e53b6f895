using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A receive's completion was lost, and what came behind it was refused. The refusal was taken to mean that
/// the host had all before it, so the receive was counted twice and so many bytes were left out.</summary>
public sealed class RefusedBehindLostSpecs : StackSpec
{
    private readonly KeepingTarget _keeper;

    public RefusedBehindLostSpecs() => _keeper = new KeepingTarget(Target);

    internal override string Settings => "chimney.hang-watch { deadline = 1 h, sever-deadline = 1 m }";

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", _keeper)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0");

    [Fact]
    public async Task What_was_refused_says_nothing_of_what_is_before_it()
    {
        OffloadedConnection connection = await OffloadAsync();
        Wire wire = Target[connection.Handle];
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is not TcpOffloadReceiveComplete)
                upcalls.Complete(completion);
        };
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[2]).AsTask();
        await Until(() => wire.Queued == 1);
        wire.Feed("hi"u8);
        _keeper.KeepsTerminates = true;
        Task<UploadResult> upload = connection.UploadAsync();
        await Until(() => _keeper.Kept == 1);
        wire.Feed("there"u8);
        await Until(() => Target.Answers.Any(answer => answer is TcpOffloadReceiveRefused));
        Crashes.Arm("connection-", CrashStep.Before, 0);
        wire.Say(TcpUploadReason.LowActivity);

        (await Named("receive", receive)).ShouldBe(new ReceiveResult(NdisStatus.Success, 2));
        UploadResult rest = await Named("upload", upload);
        rest.BufferedData.ToArray().ShouldBe("there"u8.ToArray());
        rest.Positions.Received.ShouldBe(7);
        rest.Socket!.Dispose();
    }
}
