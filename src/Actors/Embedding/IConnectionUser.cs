using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>Who is told of what a connection does unasked. Calls come one at a time, must not block, and may not
/// throw.</summary>
public interface IConnectionUser
{
    /// <summary>Data, lent until <see cref="ReceivedData.Return"/>. The target lends a bounded number of buffers and
    /// stops reading until one comes back: holding them is backpressure.</summary>
    void OnReceived(ReceivedData data);

    /// <summary>The peer's FIN, after all its data.</summary>
    void OnPeerClosed();

    /// <summary>The connection was reset or lost; what is under way completes with RequestAborted.</summary>
    void OnAborted();

    /// <summary>The target asks for <see cref="OffloadedConnection.UploadAsync"/>; told again when a reason that leaves
    /// no choice (<see cref="OffloadEvents.IsMandatory"/>) follows one that did. <see cref="ResilientConnection"/>
    /// follows it by itself, and does not tell.</summary>
    void OnUploadWanted(TcpUploadReason reason)
    {
    }

    /// <summary>The target says how many bytes of sends are best outstanding (SEND-21): more only wait there, with
    /// fewer the way may run dry. <see cref="ResilientConnection"/> keeps to it by itself, and does not tell.</summary>
    /// <param name="bytes">At least 1.</param>
    void OnSendBacklog(long bytes)
    {
    }

    /// <summary>It was taken back and offloaded again, and its stream goes on; only <see cref="ResilientConnection"/>
    /// tells this.</summary>
    /// <param name="took">From the moment it knew that it had to, to the moment it could send again.</param>
    void OnMoved(TimeSpan took)
    {
    }
}
