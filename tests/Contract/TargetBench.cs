using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>A target under test, a host above it and a wire below it.</summary>
public abstract class TargetBench : IAsyncDisposable
{
    private readonly NetBufferListPool _lists;
    private readonly List<IDisposable> _wires = [];
    private int _lastSlot;

    private protected TargetBench(IOffloadTarget target, int receiveListsMax = 64, int receiveBytes = 4096)
    {
        Target = target;
        Host = new Host(receiveListsMax, receiveBytes) { Target = target, Until = UntilAsync };
        _lists = new NetBufferListPool("send", int.MaxValue, 0, Host);
    }

    internal IOffloadTarget Target { get; }

    internal Host Host { get; }

    /// <summary>More bytes than a small wire and both its ends hold while the peer does not read.</summary>
    internal abstract int MoreThanTheWireHolds { get; }

    /// <summary>Makes a connection that is ready to be offloaded.</summary>
    /// <param name="small">With as little room for data on its way as possible.</param>
    internal abstract (OffloadBlock Block, Peer Peer) Connect(bool small = false);

    /// <summary>Makes a connection and offloads it.</summary>
    internal async Task<Line> OffloadAsync(bool small = false)
    {
        (OffloadBlock block, Peer peer) = Connect(small);
        Keep(peer);
        Line line = await OffloadAsync(block, peer);
        block.Status.ShouldBe(NdisStatus.Success);
        return line;
    }

    /// <summary>Offloads a connection; the status is in the block.</summary>
    internal async Task<Line> OffloadAsync(OffloadBlock block, Peer peer)
    {
        var handle = new OffloadHandle(Interlocked.Increment(ref _lastSlot), 1);
        Submit(block, OffloadOperation.Initiate, handle, flight => new InitiateOffload(flight));
        await Host.Back(block);
        return new Line(this, handle, peer, block.Positions.Accepted);
    }

    /// <summary>Sends a rented chain on its way down.</summary>
    internal Flight Submit(
        Parcel head, OffloadOperation operation, OffloadHandle connection, Func<Flight, OffloadRequest> request)
    {
        for (Parcel? parcel = head; parcel is not null; parcel = parcel.Next)
        {
            parcel.Operation = operation;
            parcel.Connection = connection;
        }

        Flight flight = Flight.Depart(head, Host.Holder);
        Target.Submit(request(flight), Host);
        return flight;
    }

    /// <summary>A block to offload again what a terminate gave back.</summary>
    internal static OffloadBlock Continue(OffloadBlock left)
    {
        var block = new OffloadBlock
        {
            Socket = left.Socket,
            State = left.State,
            Positions = left.Positions,
            BufferedData = left.BufferedData,
            FinSent = left.FinSent,
        };
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        return block;
    }

    internal NetBufferList Rent() => _lists.Rent(null)!;

    /// <summary>Waits for something that must happen, with a limit. A bench whose target is driven drives it until
    /// then.</summary>
    internal virtual Task UntilAsync(Task happened) => happened.WaitAsync(Limits.Patience);

    /// <summary>Waits until the target has looked at everything submitted for a connection so far: it must at least
    /// find out that its neighbour in the table does not exist.</summary>
    internal virtual async Task SettledAsync(OffloadHandle connection)
    {
        for (int round = 0; round < 3; round++)
        {
            var nobody = new OffloadHandle(connection.Slot, 1_000 + Interlocked.Increment(ref _lastSlot));
            Target.Sever(nobody, Host);
            await Host.Hear<RemainsSaid>(said => said.Connection == nobody);
        }
    }

    internal void Keep(IDisposable wire)
    {
        lock (_wires)
            _wires.Add(wire);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Target is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        _wires.ForEach(static wire => wire.Dispose());
        Host.BreakSilence(Answering.Refuse);
        Host.ReturnKept();
        GC.SuppressFinalize(this);
    }
}
