using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>Whom a filter lets be offloaded.</summary>
public sealed record FilterSettings
{
    /// <summary>The first that concerns a connection decides.</summary>
    public IReadOnlyList<FilterRule> Rules { get; init; } = [];

    /// <summary>Whether one that no rule concerns may.</summary>
    public bool AllowsOthers { get; init; } = true;

    /// <summary>New connections are refused while peers of the address have so many; 0 for no limit.</summary>
    public int ConnectionsPerPeerMax { get; init; }
}

/// <summary>Refuses initiates by the peer's address, by ports, and by how many connections the peer has
/// already.</summary>
/// <remarks>A connection whose ends nobody knows is left to <see cref="FilterSettings.AllowsOthers"/>. One that was
/// offloaded before, and has carried something, was let through then: it comes back from another adapter, and newcomers
/// must not take its place meanwhile. What was let through is not looked at any more: a request pays nothing here but
/// its way. Of a tree with one that is refused, all is.</remarks>
public sealed class FilterDriver : IntermediateDriver
{
    private readonly FilterSettings _settings;
    private readonly PeerTable _peers;
    private bool _isAtWork;

    private FilterDriver(FilterSettings settings, PeerTable peers)
    {
        _settings = settings;
        _peers = peers;
    }

    /// <summary>Makes the driver for each of its lives. Who has how many connections outlives them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static Func<IntermediateDriver> Of(FilterSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegative(settings.ConnectionsPerPeerMax);
        var peers = new PeerTable();
        return () => new FilterDriver(settings, peers);
    }

    /// <inheritdoc/>
    protected internal override void OnRequest(OffloadRequest request)
    {
        if (!_isAtWork)
            _peers.Prune(IsKnown);      // what ended while nobody was here
        _isAtWork = true;
        if (request is not InitiateOffload initiate || Objection(initiate) is not var (status, reason))
        {
            PassDown(request);
            return;
        }
        foreach (OffloadBlock block in BlockTree.ConnectionsOf(initiate.Block))
            _peers.Remove(block.Connection);
        Say($"refused: {reason}");
        Refuse(initiate, status, reason);
    }

    /// <inheritdoc/>
    protected internal override void OnCompletion(OffloadCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        foreach (OffloadHandle gone in BlockTree.GoneWith(completion))
            _peers.Remove(gone);
        PassUp(completion);
    }

    private (NdisStatus Status, string Reason)? Objection(InitiateOffload initiate) =>
        BlockTree.ConnectionsOf(initiate.Block).Select(Objection).FirstOrDefault(objection => objection is not null);

    private (NdisStatus Status, string Reason)? Objection(OffloadBlock block)
    {
        if (block.FourTuple is not { } ends)
            return _settings.AllowsOthers ? null : Rejected("its ends are not known, and only what a rule allows may");
        FilterRule? rule = _settings.Rules.FirstOrDefault(rule => rule.Concerns(ends));
        if (rule is { IsAllowed: false })
            return Rejected($"{ends.Remote} by '{rule}'");
        if (rule is null && !_settings.AllowsOthers)
            return Rejected($"{ends.Remote}: no rule allows it");
        int most = _settings.ConnectionsPerPeerMax;
        bool isNew = block.Positions == default;
        if (most == 0 || _peers.TryAdd(ends.Remote.Address, block.Connection, isNew ? most : int.MaxValue, IsKnown))
            return null;
        return (NdisStatus.OffloadTcpEntries, $"{ends.Remote.Address} has {most} connections, as many as it may");
    }

    private static (NdisStatus, string) Rejected(string reason) => (NdisStatus.OffloadConnectionRejected, reason);

    /// <summary>Who has which connections. A completion that was brought home over a dead filter was not seen here: so
    /// before a peer is refused, what it is said to have is looked up.</summary>
    private sealed class PeerTable
    {
        private readonly Dictionary<IPAddress, HashSet<OffloadHandle>> _ofPeer = [];
        private readonly Dictionary<OffloadHandle, IPAddress> _peerOf = [];

        public bool TryAdd(IPAddress peer, OffloadHandle connection, int most, Predicate<OffloadHandle> isKnown)
        {
            if (_ofPeer.TryGetValue(peer, out HashSet<OffloadHandle>? has) && has.Count >= most)
                Remove(has.Where(one => !isKnown(one)));
            if (!_ofPeer.TryGetValue(peer, out has))
                _ofPeer.Add(peer, has = []);
            if (has.Count >= most)
                return false;
            has.Add(connection);
            _peerOf[connection] = peer;
            return true;
        }

        public void Prune(Predicate<OffloadHandle> isKnown) => Remove(_peerOf.Keys.Where(one => !isKnown(one)));

        private void Remove(IEnumerable<OffloadHandle> gone)
        {
            foreach (OffloadHandle one in gone.ToArray())
                Remove(one);
        }

        public void Remove(OffloadHandle connection)
        {
            if (!_peerOf.Remove(connection, out IPAddress? peer))
                return;
            HashSet<OffloadHandle> has = _ofPeer[peer];
            has.Remove(connection);
            if (has.Count == 0)
                _ofPeer.Remove(peer);
        }
    }
}
