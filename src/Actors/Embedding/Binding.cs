using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>The face of a protocol binding: offloads connections.</summary>
public sealed partial class Binding
{
    private readonly Chimney _chimney;
    private readonly DriverStack _stack;
    private readonly BindingNode _node;
    private readonly Edge _edge;

    internal Binding(Chimney chimney, BindingNode node)
    {
        _chimney = chimney;
        _stack = chimney.Stack;
        _node = node;
        _edge = node.Driver;
        node.Hears = said => StatusIndicated?.Invoke(said);
        Network = new HostNetwork(_stack, _edge);
    }

    internal bool IsStopping => _stack.Stopping;

    internal TimeProvider Clock => _stack.Clock;

    internal Func<Task>? NextTurn => _stack.NextTurn;

    internal void TellUserError(Exception exception) => _stack.OnUserError?.Invoke(exception);

    /// <summary>Its name in the stack.</summary>
    public string Name => _edge.Name;

    /// <summary>Where it is in its life.</summary>
    public BindingState State => _node.State;

    /// <summary>Takes every connection back and closes the binding; its adapter goes on for others. Until
    /// <see cref="BindAsync"/> it stays so, whatever becomes of the adapter.</summary>
    /// <param name="deadline">When to answer who still holds what; null for chimney.life.deadline.</param>
    public Task<LifeResult> UnbindAsync(TimeSpan? deadline = null)
    {
        _node.IsWanted = false;
        return RunAsync(LifeOperationKind.Unbind, deadline);
    }

    /// <summary>Binds it again, and restarts it if its adapter is at work; else it follows with the adapter.</summary>
    /// <param name="deadline">When to answer that it is still going on; null for chimney.life.deadline.</param>
    public Task<LifeResult> BindAsync(TimeSpan? deadline = null)
    {
        _node.IsWanted = true;
        return RunAsync(LifeOperationKind.Bind, deadline);
    }

    /// <summary>Told of each status that the adapter below indicates, once, in order; by one thread at a time. Must not
    /// block; what it throws is logged (STS-07).</summary>
    public event Action<IndicateStatus>? StatusIndicated;

    /// <summary>Asks the adapter below something, or changes something of it, through every driver between.</summary>
    /// <param name="oid">What about.</param>
    /// <param name="method">Query or set.</param>
    /// <param name="information">Set: the new value.</param>
    /// <param name="adapter">Which adapter is meant, where a driver has several below; null for any.</param>
    /// <remarks>A set of <see cref="Oid.TcpTaskOffload"/> that disables something takes back first what uses it
    /// (TERM-26); if that takes longer than chimney.life.deadline, nothing is disabled.</remarks>
    /// <returns>Query: the answer; its type stands with the <see cref="Oid"/>.</returns>
    /// <exception cref="OidException">It was not carried out.</exception>
    public async Task<object?> RequestAsync(
        Oid oid, OidMethod method, object? information = null, string? adapter = null)
    {
        using Disabling? disabling = oid == Oid.TcpTaskOffload && method == OidMethod.Set
            ? await Disabling.BeginAsync(_stack, _node.Lower, adapter, information).ConfigureAwait(false)
            : null;
        var done = new TaskCompletionSource<OidBlock>(_stack.TaskOptions);
        var block = new OidBlock(oid, method, information) { Adapter = adapter };
        new OidPost(_stack, _edge, block, done.SetResult).Tell();
        await done.Task.ConfigureAwait(false);
        return block.Status == NdisStatus.Success ? block.Information : throw new OidException(oid, block.Status);
    }

    /// <summary>Hands a connected socket to the target. Until it is uploaded the caller must not use the
    /// socket.</summary>
    /// <param name="socket">A connected TCP socket.</param>
    /// <param name="user">Is told of data, FIN and abort; without one, receive with
    /// <see cref="OffloadedConnection.ReceiveAsync"/>.</param>
    /// <param name="affinity">Connections with the same number work together, a relay's two sides say: a target with
    /// several threads may serve them on one, so that none wakes another.</param>
    /// <exception cref="OffloadException">The target did not take it, it needs IPv4 options, or the binding is not at
    /// work (<see cref="NdisStatus.Paused"/>); the socket is still the caller's.</exception>
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

    /// <param name="uploaded">As above.</param>
    /// <param name="user">As above.</param>
    /// <param name="uploadWanted">Told of the target's wish.</param>
    /// <param name="affinity">As above.</param>
    /// <param name="isHome">Whether what is below is the host's own stack, which takes every connection.</param>
    internal async Task<OffloadedConnection> OffloadAsync(
        UploadResult uploaded, IConnectionUser? user, Action<TcpUploadReason>? uploadWanted, int? affinity,
        bool isHome = false)
    {
        ArgumentNullException.ThrowIfNull(uploaded.Socket);
        if (!isHome)
            CheckOptions(uploaded.Socket);
        (OffloadedConnection connection, Task<OffloadBlock> initiate) =
            BeginOffload(uploaded, user, uploadWanted, affinity);
        OffloadBlock done = await initiate.ConfigureAwait(false);
        return done.Status == NdisStatus.Success ? connection : throw new OffloadException(done.Status, done.Refusal);
    }

    private void CheckOptions(Socket socket)
    {
        if (IPv4Options.Has(socket))
            throw new OffloadException(NdisStatus.OffloadConnectionRejected,
                $"{Name}: the connection needs IPv4 options (IP_OPTIONS), which no target sends");
    }

    internal (OffloadedConnection Connection, Task<OffloadBlock> Initiate) BeginOffload(
        UploadResult uploaded, IConnectionUser? user, Action<TcpUploadReason>? uploadWanted, int? affinity = null,
        FourTuple? ends = null)
    {
        var connection = new OffloadedConnection(_stack, _edge, user) { OnUploadWanted = uploadWanted };
        return (connection, Begin(connection, BlockOf(uploaded, affinity, ends)));
    }

    private Task<OffloadBlock> Begin(OffloadedConnection connection, OffloadBlock block)
    {
        var post = new StatePost(connection.Core, OffloadOperation.Initiate, block);
        if (_stack.Stopping)
            post.Lost();
        else
            ((IBindingCommand)post).TellTo(_stack, _edge);
        return post.Done;
    }

    private static OffloadBlock BlockOf(UploadResult uploaded, int? affinity, FourTuple? ends) => new()
    {
        Socket = uploaded.Socket,
        Positions = uploaded.Positions,
        BufferedData = uploaded.BufferedData,
        FinSent = uploaded.FinSent,
        Affinity = affinity,
        FourTuple = ends,
        State = uploaded.FinSent ? TcpConnectionState.FinWait1 : TcpConnectionState.Established,
    };

    private async Task<LifeResult> RunAsync(LifeOperationKind kind, TimeSpan? deadline)
    {
        LifeOperation operation = _chimney.Begin(new LifeOperation(
            kind, null, _node, deadline ?? _stack.Settings.LifeDeadline, _stack.TaskOptions));
        return await LifeResult.OfAsync(_chimney, operation).ConfigureAwait(false);
    }
}
