using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>The face of a protocol binding: offloads connections.</summary>
public sealed class Binding
{
    private readonly DriverStack _stack;
    private readonly Edge _edge;

    internal Binding(DriverStack stack, Edge edge)
    {
        _stack = stack;
        _edge = edge;
    }

    internal bool IsStopping => _stack.Stopping;

    internal TimeProvider Clock => _stack.Clock;

    internal Func<Task>? NextTurn => _stack.NextTurn;

    internal void TellUserError(Exception exception) => _stack.OnUserError?.Invoke(exception);

    /// <summary>Its name in the stack.</summary>
    public string Name => _edge.Name;

    /// <summary>Hands a connected socket to the target. Until it is uploaded the caller must not use the
    /// socket.</summary>
    /// <param name="socket">A connected TCP socket.</param>
    /// <param name="user">Is told of data, FIN and abort; without one, receive with
    /// <see cref="OffloadedConnection.ReceiveAsync"/>.</param>
    /// <param name="affinity">Connections with the same number work together, a relay's two sides say: a target with
    /// several threads may serve them on one, so that none wakes another.</param>
    /// <exception cref="OffloadException">The target did not take it; the socket is still the caller's.</exception>
    public Task<OffloadedConnection> OffloadAsync(
        Socket socket, IConnectionUser? user = null, int? affinity = null) =>
        OffloadAsync(new UploadResult(socket, default, default, false), user, affinity);

    /// <summary>Hands an uploaded connection back to a target: its streams go on where they stand.</summary>
    /// <param name="uploaded">What <see cref="OffloadedConnection.UploadAsync"/> gave; its socket must be
    /// there.</param>
    /// <param name="user">As above.</param>
    /// <param name="affinity">As above.</param>
    public Task<OffloadedConnection> OffloadAsync(
        UploadResult uploaded, IConnectionUser? user = null, int? affinity = null) =>
        OffloadAsync(uploaded, user, null, affinity);

    internal async Task<OffloadedConnection> OffloadAsync(
        UploadResult uploaded, IConnectionUser? user, Action<TcpUploadReason>? uploadWanted, int? affinity)
    {
        ArgumentNullException.ThrowIfNull(uploaded.Socket);
        (OffloadedConnection connection, Task<OffloadBlock> initiate) =
            BeginOffload(uploaded, user, uploadWanted, affinity);
        OffloadBlock done = await initiate.ConfigureAwait(false);
        return done.Status == NdisStatus.Success ? connection : throw new OffloadException(done.Status);
    }

    internal (OffloadedConnection Connection, Task<OffloadBlock> Initiate) BeginOffload(
        UploadResult uploaded, IConnectionUser? user, Action<TcpUploadReason>? uploadWanted, int? affinity = null)
    {
        var connection = new OffloadedConnection(_stack, _edge, user) { OnUploadWanted = uploadWanted };
        var block = new OffloadBlock
        {
            Socket = uploaded.Socket,
            Positions = uploaded.Positions,
            BufferedData = uploaded.BufferedData,
            FinSent = uploaded.FinSent,
            Affinity = affinity,
            State = uploaded.FinSent ? TcpConnectionState.FinWait1 : TcpConnectionState.Established,
        };
        var post = new StatePost(connection.Core, OffloadOperation.Initiate, block);
        if (_stack.Stopping || !_edge.Tell(post, null) || _stack.Stopped)
            post.Lost();
        return (connection, post.Done);
    }
}
