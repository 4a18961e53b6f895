using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>A target without a network, for a <see cref="SeededActorSystem"/>: keeps the whole contract, a step at a
/// time, in the order that the seed picks.</summary>
/// <remarks>It cuts data into pieces, acknowledges late, and completes several sends at once or one by one; it is never
/// wrong. For faults put a <see cref="Targets.FaultyTarget"/> around it.</remarks>
public sealed class InMemoryTarget : IOffloadTarget
{
    private readonly Dictionary<OffloadHandle, InMemoryLine> _lines = [];
    private readonly Dictionary<Socket, InMemoryPeer> _peers = [];

    /// <summary>A target.</summary>
    /// <param name="world">The system whose seed it follows.</param>
    public InMemoryTarget(SeededActorSystem world) => World = world;

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities { get; } = new(1 << 20, Upload: true, Forward: false);

    internal SeededActorSystem World { get; }

    /// <summary>A connection that can be offloaded here, and its other end.</summary>
    public InMemoryPeer AddPeer()
    {
        var peer = new InMemoryPeer(_peers.Count);
        _peers.Add(peer.Socket, peer);
        World.AtEnd(peer.Socket.Dispose);
        return peer;
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">The socket is not from <see cref="AddPeer"/>.</exception>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is InitiateOffload { Block: { } block })
            _lines[request.Connection] = new InMemoryLine(this, request.Connection, block, _peers[block.Socket!]);
        _lines[request.Connection].Submit(request, upcalls);
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        if (_lines.TryGetValue(answer.Connection, out InMemoryLine? line))
            line.Answer(answer, upcalls);
        else if (answer is TcpOffloadReceiveRefused refused)
            upcalls.ReceivePool.Return((NetBufferList)refused.Flight.Head);
    }

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        if (World.Draw(2) == 0)
            LetGo(connection, upcalls);
        else
            World.Schedule("target severs", () => LetGo(connection, upcalls));
    }

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        _lines.TryGetValue(connection, out InMemoryLine? line) && line.Has(parcel, flight)
            ? RequestProgress.WaitingForPeer
            : RequestProgress.Unknown;

    internal void Remove(InMemoryLine line) => _lines.Remove(line.Handle);

    private void LetGo(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        Severed severed = new(connection, default, TcpConnectionState.Closed, null, default, 0, false);
        if (_lines.Remove(connection, out InMemoryLine? line))
            severed = line.Forget();
        upcalls.Indicate(severed);
    }
}
