using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Tests.Support;
using ChimneyActors.Contract;
using ChimneyActors.Kernel;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Tests.Contract;

/// <summary>The cluster target over an adapter with real sockets.</summary>
internal sealed class ClusterBench(TwoSides sides) : TargetBench(new FrontTarget(sides.Target))
{
    private const int Rounds = 4;
    private Line? _barrier;

    internal ClusterBench()
        : this(TwoSides.Start())
    {
    }

    internal override int MoreThanTheWireHolds => 1 << 20;

    internal override (OffloadBlock Block, Peer Peer) Connect(bool small = false)
    {
        SocketPair pair = SocketPair.Connect(small);
        var block = new OffloadBlock { Socket = sides.Name(pair.Ours) };
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        return (block, new KernelPeer(pair));
    }

    /// <summary>A question about a connection comes back behind everything that was asked of it before, and the next
    /// one behind what followed from that. Where nothing can be asked any more, another connection is.</summary>
    internal override async Task SettledAsync(OffloadHandle connection)
    {
        if (_barrier is null)
        {
            (OffloadBlock block, Peer peer) = Connect();
            Keep(peer);
            _barrier = await OffloadAsync(block, peer);
        }

        for (int round = 0; round < Rounds; round++)
        {
            await AskAsync(connection);
            await AskAsync(_barrier.Handle);
        }
    }

    private async Task AskAsync(OffloadHandle connection)
    {
        var asker = new Asker();
        var block = new OffloadBlock { Operation = OffloadOperation.Query, Connection = connection };
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        Target.Submit(new QueryOffload(Flight.Depart(block, asker.Holder)), asker);
        await UntilAsync(asker.Answered);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await sides.DisposeAsync();
        sides.Adapter.Connections.ShouldBe(0);
        sides.LedgerBelow.Outstanding.ShouldBe(0);
        sides.LedgerBelow.PoolBalanced.ShouldBeTrue();
        sides.LedgerBelow.Violations.ShouldBe(0);
    }

    private sealed class Asker : IOffloadUpcalls
    {
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HolderId Holder { get; } = HolderId.Next();

        public NetBufferListPool ReceivePool => throw new InvalidOperationException("nothing is indicated here");

        public Task Answered => _answered.Task;

        public void Complete(OffloadCompletion completion) => _answered.TrySetResult();

        public void Indicate(OffloadIndication indication)
        {
        }
    }
}
