using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>The kernel target over loopback.</summary>
internal sealed class KernelBench(KernelTargetSettings settings, int receiveListsMax = 64, int receiveBytes = 4096)
    : TargetBench(new KernelTarget(settings), receiveListsMax, receiveBytes)
{
    internal KernelBench()
        : this(new KernelTargetSettings { LoopsMax = 2 })
    {
    }

    internal override int MoreThanTheWireHolds => 1 << 20;

    internal KernelTarget KernelTarget => (KernelTarget)Target;

    internal override (OffloadBlock Block, Peer Peer) Connect(bool small = false)
    {
        SocketPair pair = SocketPair.Connect(small);
        return (BlockOf(pair.Ours), new KernelPeer(pair));
    }

    internal static OffloadBlock BlockOf(System.Net.Sockets.Socket? socket)
    {
        var block = new OffloadBlock { Socket = socket };
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        return block;
    }
}
