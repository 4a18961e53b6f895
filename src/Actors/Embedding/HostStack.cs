using System.Net.Sockets;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>Where a connection of a host is served.</summary>
public enum OffloadPlace
{
    /// <summary>By the host's own stack.</summary>
    InHost,

    /// <summary>On its way to the offload target.</summary>
    Offloading,

    /// <summary>By the offload target.</summary>
    Offloaded,

    /// <summary>On its way back.</summary>
    Uploading,
}

/// <summary>How a host stack stands.</summary>
/// <param name="InHost">Connections that have no context at the offload target.</param>
/// <param name="Contexts">Connections that have one, or are to have it.</param>
/// <param name="Promoted">How often one was brought to the target.</param>
/// <param name="Demoted">How often the policy took one back.</param>
/// <param name="CameHome">How often one came home that was to be at the target: it was not taken, or given back, or a
/// driver died.</param>
public readonly record struct HostCounts(int InHost, int Contexts, long Promoted, long Demoted, long CameHome);

/// <summary>The host above the bindings: it serves connections itself, and decides which of them an offload target
/// serves.</summary>
/// <remarks>
/// The host's own stack is a target under a binding of its own, so that every request has the same promise in either
/// place, and a move is an upload here and an initiate there: nothing is taken by two, positions go over, and what the
/// first had not given to the wire the second sends (docs/operations/host.md). Over Linux sockets that target is a
/// <see cref="Targets.Kernel.KernelTarget"/>: the kernel's TCP is the host's.
/// <para>Thread-safe. Its connections outlive it; then nobody moves them any more.</para>
/// </remarks>
public sealed class HostStack : IDisposable
{
    private readonly Binding _inHost;
    private readonly Binding _offload;
    private readonly OffloadPolicy _policy;
    private readonly Lock _lock = new();
    private readonly LinkedList<Guest> _guests = [];
    private readonly ITimer _timer;
    private int _contexts;
    private long _promoted;
    private long _demoted;
    private long _cameHome;
    private bool _sweeping;

    /// <summary>A host stack; from now on it looks at its connections.</summary>
    /// <param name="inHost">Over the host's own target.</param>
    /// <param name="offload">Over the one that connections are offloaded to.</param>
    /// <param name="policy">Which of them, and when.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of the policy is outside its range.</exception>
    public HostStack(Binding inHost, Binding offload, OffloadPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(inHost);
        ArgumentNullException.ThrowIfNull(offload);
        ArgumentNullException.ThrowIfNull(policy);
        _inHost = inHost;
        _offload = offload;
        _policy = policy.Checked();
        _timer = inHost.Clock.CreateTimer(
            static host => ((HostStack)host!).Sweep(), this, policy.Interval, policy.Interval);
    }

    /// <summary>How it stands.</summary>
    public HostCounts Counts
    {
        get
        {
            lock (_lock)
                return new HostCounts(_guests.Count - _contexts, _contexts, _promoted, _demoted, _cameHome);
        }
    }

    /// <summary>Serves a connected socket: at the target if the policy is to begin there and has room, else in the
    /// host.</summary>
    /// <param name="socket">A connected TCP socket; from now on the connection's own.</param>
    /// <param name="user">Is told of data, FIN and abort, wherever the connection is.</param>
    /// <param name="affinity">As in <see cref="Binding"/>; kept over moves.</param>
    /// <exception cref="OffloadException">Neither took it; the socket is still the caller's.</exception>
    public async Task<ResilientConnection> OpenAsync(Socket socket, IConnectionUser user, int? affinity = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var guest = new Guest { StaysHome = IPv4Options.Has(socket) };
        bool eager = _policy.IsEager && TryTakeContext(guest);
        ResilientConnection connection;
        try
        {
            connection = await ResilientConnection.OpenAsync(
                eager ? _offload : _inHost, _inHost, socket, user, affinity).ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
                Release(guest);
            throw;
        }
        guest.Connection = connection;
        lock (_lock)
            guest.Node = _guests.AddLast(guest);
        connection.BelongTo(this, guest);
        return connection;
    }

    /// <summary>Where a connection of this host is served now.</summary>
    public OffloadPlace PlaceOf(ResilientConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        bool toTarget = connection.Place == _offload;
        return connection.IsMoving
            ? toTarget ? OffloadPlace.Offloading : OffloadPlace.Uploading
            : toTarget ? OffloadPlace.Offloaded : OffloadPlace.InHost;
    }

    /// <summary>Moves a connection by hand; afterwards the policy has its say again.</summary>
    /// <param name="connection">One of this host.</param>
    /// <param name="toTarget">To the offload target; else back into the host.</param>
    /// <param name="moved">Ends when it is somewhere again: where it should be, or in the host if the target did not
    /// take it.</param>
    /// <returns>False: it is there already, is being moved, is ending, needs IPv4 options, or there is no context
    /// left.</returns>
    public bool TryMove(ResilientConnection connection, bool toTarget, out Task moved)
    {
        ArgumentNullException.ThrowIfNull(connection);
        moved = Task.CompletedTask;
        if (connection.Host != this)
            return false;
        return connection.TryMove(toTarget ? _offload : _inHost, out moved);
    }

    /// <summary>From now on nobody is moved.</summary>
    public void Dispose() => _timer.Dispose();

    /// <summary>The connection is to leave, unless there is no context for it. Under its lock, so that it does not
    /// arrive anywhere while that is noted.</summary>
    internal bool TryLeave(Guest guest, Binding to)
    {
        if (to == _offload)
            return TryTakeContext(guest);
        lock (_lock)
            guest.IsGoingBack = true;
        return true;
    }

    /// <summary>The connection is served again, where it is now. Under its lock, so that it is not on its way again
    /// when this is noted; nobody here asks for that lock under his own.</summary>
    internal void OnArrived(Guest guest)
    {
        bool isHome = guest.Connection.Place == _inHost;
        lock (_lock)
        {
            guest.Since = guest.LastMove = Now;
            guest.BytesAtArrival = BytesOf(guest);
            if (!isHome)
                _promoted++;
            else if (guest.IsGoingBack)
                _demoted++;
            else if (guest.HasContext)
            {
                _cameHome++;
                guest.BannedUntil = Now + (long)(_policy.Cooldown.TotalSeconds * _inHost.Clock.TimestampFrequency);
            }
            guest.IsGoingBack = false;
            if (isHome)
                Release(guest);
        }
    }

    internal void OnOver(Guest guest)
    {
        lock (_lock)
        {
            Release(guest);
            if (guest.Node is { } node)
                _guests.Remove(node);
            guest.Node = null;
        }
    }

    private long Now => _inHost.Clock.GetTimestamp();

    /// <summary>Looks at all that can be moved, and moves those that the policy chooses.</summary>
    private void Sweep()
    {
        List<Guest> all;
        List<OffloadStanding> standings;
        int free;
        lock (_lock)
        {
            if (_sweeping)
                return;
            _sweeping = true;
            all = [.. _guests.Where(guest => !guest.StaysHome && !guest.Connection.IsMoving
                && !guest.Connection.IsOver)];
            standings = [.. all.Select(Look)];
            free = _policy.ContextsMax - _contexts;
        }
        try
        {
            (List<int> back, List<int> offload) = OffloadChoice.Of(_policy, standings, free);
            foreach (int i in back)
                all[i].Connection.TryMove(_inHost, out _);
            // A context is free when its connection has left; who waits for one is chosen again next time.
            foreach (int i in offload)
                all[i].Connection.TryMove(_offload, out _);
        }
        finally
        {
            lock (_lock)
                _sweeping = false;
        }
    }

    private OffloadStanding Look(Guest guest)
    {
        long now = Now;
        long bytes = BytesOf(guest);
        if (bytes != guest.BytesSeen)
            (guest.BytesSeen, guest.LastMove) = (bytes, now);
        TimeProvider clock = _inHost.Clock;
        return new OffloadStanding(
            guest.HasContext, clock.GetElapsedTime(guest.Since, now), clock.GetElapsedTime(guest.LastMove, now),
            bytes - guest.BytesAtArrival, clock.GetElapsedTime(now, Math.Max(now, guest.BannedUntil)));
    }

    private static long BytesOf(Guest guest) =>
        guest.Connection.BytesReceived + guest.Connection.BytesAcknowledged;

    /// <returns>False: it has one, or is to have none, or there is none.</returns>
    private bool TryTakeContext(Guest guest)
    {
        lock (_lock)
        {
            if (guest.StaysHome || guest.HasContext || _contexts >= _policy.ContextsMax)
                return false;
            guest.HasContext = true;
            _contexts++;
            return true;
        }
    }

    /// <summary>Under the lock.</summary>
    private void Release(Guest guest)
    {
        if (!guest.HasContext)
            return;
        guest.HasContext = false;
        _contexts--;
    }

    /// <summary>What the host keeps of one connection.</summary>
    internal sealed class Guest
    {
        public ResilientConnection Connection { get; set; } = null!;

        public LinkedListNode<Guest>? Node { get; set; }

        /// <summary>Whether it needs what no target does (INIT-20).</summary>
        public bool StaysHome { get; init; }

        public bool HasContext { get; set; }

        /// <summary>Whether it was the policy that took it back.</summary>
        public bool IsGoingBack { get; set; }

        public long Since { get; set; }

        public long LastMove { get; set; }

        public long BannedUntil { get; set; }

        public long BytesSeen { get; set; }

        public long BytesAtArrival { get; set; }
    }
}
