using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One connection and its other end, over all its offloads, as far as it is known from outside the stack: what
/// has really happened.</summary>
internal interface IWorldPeer : IDisposable
{
    /// <summary>For the trace.</summary>
    int Number { get; }

    /// <summary>The name of the connection for the stack.</summary>
    Socket Socket { get; }

    /// <summary>Bytes that the peer has and acknowledged.</summary>
    long Acknowledged { get; }

    /// <summary>Whether the peer has the FIN and acknowledged it.</summary>
    bool FinAcknowledged { get; }

    /// <summary>Bytes that the peer has sent.</summary>
    long PeerSent { get; }

    /// <summary>Whether the peer has closed its half.</summary>
    bool PeerFinished { get; }

    /// <summary>Bytes of it that can have been given to the host.</summary>
    long Read { get; }

    /// <summary>Whether the connection was cut off, by either side.</summary>
    bool IsReset { get; }

    /// <summary>Whether its adapter kept it, or took it along when it vanished.</summary>
    bool IsLost { get; }

    /// <summary>Whether its adapter let go of it, too late, and gave the socket away.</summary>
    bool IsLetGo { get; }

    /// <summary>Whether its adapter may refuse it.</summary>
    bool IsRefused { get; }

    /// <summary>Whether its adapter asked to be relieved of it.</summary>
    bool IsWished { get; }

    /// <summary>Whether the peer still has something to say.</summary>
    bool HasMore { get; }

    /// <summary>Whether the peer is gone without a word.</summary>
    bool IsSilent { get; }

    /// <summary>What is not as it should be in the bytes to the peer; null if nothing is.</summary>
    string? Broken { get; }

    /// <summary>Whether the connection is on its way to its adapter: what the peer sends may reach the host
    /// instead.</summary>
    bool IsLeaving { set; }

    /// <summary>A raw segment that reached the host; null if there is none.</summary>
    byte[]? TakeSegment();

    /// <summary>The host's own TCP gets a raw segment.</summary>
    void Process(byte[] segment);

    /// <summary>Where the host's stream has closed up.</summary>
    StreamSeams Seams { get; }

    /// <summary>A byte of the stream to the peer.</summary>
    byte Outgoing(long at);

    /// <summary>A byte of the stream to the host.</summary>
    byte Incoming(long at);

    /// <summary>Where the connection stands, if that is not what a block given back says; null if it is.</summary>
    string? Objection(OffloadBlock block);

    /// <summary>Where a receive of this memory was placed in the stream.</summary>
    /// <param name="record">What the target wrote down, if it keeps a record.</param>
    /// <param name="memory">The whole memory.</param>
    /// <param name="bytes">So many of it were said to be received.</param>
    /// <param name="received">What the host has already.</param>
    /// <returns>The position, and the number of bytes there.</returns>
    (long Offset, int Count) PlaceOf(TargetRecord record, byte[] memory, int bytes, List<bool> received);
}
