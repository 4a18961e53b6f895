using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>Who uses a connection: told by the binding, one call at a time for each connection.</summary>
internal interface IBindingUser
{
    /// <summary>Data is lent until it is returned.</summary>
    /// <returns>How many bytes are taken. What is not waits at the target for a posted receive; then the list goes back
    /// at once.</returns>
    long Offer(NetBufferList list, FlightId flight);

    /// <summary>The peer's FIN, after all data.</summary>
    void PeerClosed();

    /// <summary>The connection was aborted.</summary>
    void Aborted();

    /// <summary>The connection wants to go back to the host.</summary>
    void UploadWanted(TcpUploadReason reason);

    /// <summary>So many bytes of sends are best outstanding.</summary>
    void SendBacklogChanged(long bytes);

    /// <summary>The connection goes back to the host: its terminate is to be posted now, from any thread. A binding
    /// that dies now may not have said why, so the host is told when the connection is back at the latest.</summary>
    void TakeBack(TcpUploadReason reason);
}

/// <summary>What the protocol keeps about one offloaded connection; outlives the binding's actor.</summary>
internal sealed class BindingConnection(DriverStack stack, Edge binding, IBindingUser user)
{
    private long _received;         // by the binding, which lands one at a time
    private long _acknowledged;
    private long _receivedElsewhere;
    private long _acknowledgedElsewhere;

    /// <summary>The stack.</summary>
    public DriverStack Stack => stack;

    /// <summary>Where posts are told.</summary>
    public Edge Binding => binding;

    /// <summary>Who uses it.</summary>
    public IBindingUser User => user;

    /// <summary>Its entry, from the initiate on.</summary>
    public ConnectionEntry? Entry { get; set; }

    /// <summary>What names the connection outside of the stack; only to be looked at.</summary>
    public System.Net.Sockets.Socket? Socket { get; private set; }

    /// <summary>Guards the order of posts: offset and tell are one step (SEND-02).</summary>
    public object PostLock => this;

    /// <summary>Stream offset of the next byte that is posted.</summary>
    public long NextOffset { get; set; }

    /// <summary>Bytes of the stream that the peer acknowledged, as far as completions told.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged) + Interlocked.Read(ref _acknowledgedElsewhere);

    /// <summary>Stream offset of the next byte that the host expects.</summary>
    public long Received => Volatile.Read(ref _received) + Interlocked.Read(ref _receivedElsewhere);

    /// <summary>Whether the host was told that its initiate has succeeded.</summary>
    public bool IsOffloaded { get; set; }

    /// <summary>Whether a terminate was posted: nothing is taken any more, so that what is left stays in one
    /// piece.</summary>
    public bool Leaving { get; set; }

    /// <summary>The host took nothing last time; until it posts a receive, nothing is offered.</summary>
    public bool Refusing { get; set; }

    /// <summary>A FIN that came before the data it follows.</summary>
    public TcpOffloadEvent? EarlyFin { get; set; }

    /// <summary>What the user has been told already.</summary>
    public TcpOffloadEventType Told { get; set; }

    /// <summary>Whether the user has been told of a reason for an upload that leaves no choice.</summary>
    public bool ToldMustUpload { get; set; }

    /// <summary>Whether the user has been told of the peer's FIN.</summary>
    public bool ToldFin { get; set; }

    /// <summary>Continues streams that began before this offload.</summary>
    public void Begin(OffloadBlock block)
    {
        Socket = block.Socket;
        NextOffset = block.Positions.Accepted;
        _acknowledged = block.Positions.Acknowledged;
        _received = block.Delivered;
    }

    /// <summary>The host is told to take the connection back, if it was not and no binding will say so.</summary>
    public void AskBack(TcpUploadReason reason)
    {
        if (Told == TcpOffloadEventType.Abort || ToldMustUpload)
            return;
        Told = TcpOffloadEventType.Retrieve;
        ToldMustUpload = true;
        try
        {
            User.UploadWanted(reason);
        }
        catch (Exception exception)
        {
            Stack.OnUserError?.Invoke(exception);
        }
    }

    /// <summary>A receive brought bytes, or the host took an indication.</summary>
    /// <param name="bytes">So many.</param>
    /// <param name="atHome">Whether the binding says so, in a handler of its own; else whoever brought it
    /// home.</param>
    public void AddReceived(long bytes, bool atHome) =>
        Add(ref atHome ? ref _received : ref _receivedElsewhere, bytes, atHome);

    /// <summary>A send or disconnect reported acknowledged bytes.</summary>
    public void AddAcknowledged(long bytes, bool atHome) =>
        Add(ref atHome ? ref _acknowledged : ref _acknowledgedElsewhere, bytes, atHome);

    private static void Add(ref long sum, long bytes, bool alone)
    {
        if (alone)
            Volatile.Write(ref sum, sum + bytes);
        else
            Interlocked.Add(ref sum, bytes);
    }
}
