using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A report of a doubled completion describes a parcel that is on its next journey already. Reading its
/// contexts while another driver changed them threw, and the connection that reported died of it.</summary>
public sealed class ReportOnOthersSpecs
{
    private static readonly Edge Upper = new("upper");

    [Fact]
    public async Task A_parcel_is_described_while_its_contexts_change()
    {
        var pool = new NetBufferListPool("spec", 1, 0, new Ledger());
        NetBufferList list = pool.Rent(null)!;
        bool over = false;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task owner = Task.Run(() =>
        {
            begun.SetResult();
            while (!Volatile.Read(ref over))
            {
                for (int i = 0; i < ContextFrames.DepthMax; i++)
                    list.Frames.Push(Upper, null);
                list.Frames.Clear();
            }
        });
        await begun.Task;
        for (int i = 0; i < 50_000; i++)
            list.Describe().ShouldStartWith("None #");
        Volatile.Write(ref over, true);
        await owner;
    }
}
