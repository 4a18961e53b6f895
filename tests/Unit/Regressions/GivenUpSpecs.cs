using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>What was at a target that never lets go is given up: its memory, and nothing else.</summary>
public sealed class GivenUpSpecs : SmallPoolSpec
{
    private readonly KeepingTarget _keeper;

    public GivenUpSpecs() => _keeper = new KeepingTarget(Target);

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", _keeper)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0");

    /// <summary>Lists that were given up took their room with them: after as many as the pool holds, every send waited
    /// for ever.</summary>
    [Fact]
    public async Task There_is_room_for_another_list()
    {
        const int rounds = 3;
        Quarantined = 2 * rounds;
        Target.AnswersSever = false;
        for (int round = 0; round < rounds; round++)
        {
            Target.IsAutomatic = false;
            OffloadedConnection lost = await OffloadAsync();
            Task<SendResult>[] full = [lost.SendAsync(new byte[1]).AsTask(), lost.SendAsync(new byte[1]).AsTask()];
            await Until(() => Target[lost.Handle].Queued == 2);
            Kill(lost);
            await Named("given up", Task.WhenAll(full));
            Target.IsAutomatic = true;
            OffloadedConnection next = await OffloadAsync();
            SendResult[] sent = await Named("room", Task.WhenAll(
                Enumerable.Range(0, 5).Select(_ => next.SendAsync(new byte[1]).AsTask())));
            sent.ShouldAllBe(send => send.Status == NdisStatus.Success);
            await Named("lost", lost.DisposeAsync().AsTask());
            await Named("next", next.DisposeAsync().AsTask());
        }
        Chimney.Stack.Sends.Out.ShouldBe(Quarantined);
    }

    /// <summary>The block stayed among those on their way: the stack never balanced again.</summary>
    [Fact]
    public async Task A_terminate_that_was_given_up_is_answered_and_no_longer_on_its_way()
    {
        QuarantinedBlocks = 1;
        Target.AnswersSever = false;
        OffloadedConnection connection = await OffloadAsync();
        _keeper.KeepsTerminates = true;
        Task<UploadResult> upload = connection.UploadAsync();
        await Until(() => _keeper.Kept == 1);
        Kill(connection);

        (await Named("upload", upload)).Socket.ShouldBeNull();

        Chimney.Stack.Blocks.ShouldBeEmpty();
        (Chimney.Stack.IsBalanced, Chimney.Connections).ShouldBe((true, 0));
    }

    private void Kill(OffloadedConnection connection)
    {
        Crashes.Arm("connection-", CrashStep.Before, 0);
        Target[connection.Handle].Say(TcpUploadReason.LowActivity);
    }
}
