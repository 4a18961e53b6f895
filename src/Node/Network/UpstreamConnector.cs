using System.Net;
using System.Net.Sockets;
using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Network;

/// <summary>Makes a connection: from this node, or from an adapter elsewhere.</summary>
/// <param name="remote">Where to.</param>
/// <param name="key">Connections with the same key may go the same way.</param>
/// <param name="cancellation">Gives the attempt up.</param>
internal delegate Task<Socket> Connect(IPEndPoint remote, string key, CancellationToken cancellation);

/// <summary>Connects to the upstream, within a time limit.</summary>
internal sealed class UpstreamConnector(HostAndPort to, TimeSpan timeout, TimeProvider clock, Connect connect)
{
    // Long enough to spare the resolver a question per connection, short enough to follow a moved name.
    private static readonly TimeSpan AddressesKeptFor = TimeSpan.FromSeconds(5);
    private Addresses _addresses = new([], 0);

    /// <summary>Where to.</summary>
    public HostAndPort To => to;

    /// <summary>Connects to the first address that answers.</summary>
    /// <param name="key">Connections with the same key may go the same way.</param>
    /// <param name="abort">Gives the attempt up.</param>
    /// <exception cref="UpstreamException">None did.</exception>
    public async Task<Socket> ConnectAsync(string key, CancellationToken abort)
    {
        using CancellationTokenSource limit = new(timeout, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, abort);
        try
        {
            UpstreamException? last = null;
            foreach (IPAddress address in await ResolveAsync(either.Token).ConfigureAwait(false))
            {
                try
                {
                    return await ConnectAsync(address, key, either.Token).ConfigureAwait(false);
                }
                catch (SocketException e)
                {
                    SessionEnd end = e.SocketErrorCode == SocketError.ConnectionRefused
                        ? SessionEnd.UpstreamRefused
                        : SessionEnd.UpstreamUnreachable;
                    last = new UpstreamException(end, e.Message);
                }
            }
            throw last ?? new UpstreamException(SessionEnd.UpstreamUnreachable, "the name has no address");
        }
        catch (OperationCanceledException)
        {
            throw abort.IsCancellationRequested
                ? new UpstreamException(SessionEnd.Aborted, "aborted while connecting")
                : new UpstreamException(SessionEnd.UpstreamTimeout, "no answer within the connect time-out");
        }
    }

    private async Task<Socket> ConnectAsync(IPAddress address, string key, CancellationToken abort)
    {
        Socket socket = await connect(new IPEndPoint(address, to.Port), key, abort).ConfigureAwait(false);
        try
        {
            socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // Reset already; whoever serves it will see.
        }
        return socket;
    }

    private async ValueTask<IPAddress[]> ResolveAsync(CancellationToken abort)
    {
        if (to.Address is { } fixedAddress)
            return [fixedAddress];
        Addresses known = _addresses;
        if (known.List.Length > 0 && clock.GetElapsedTime(known.Since) < AddressesKeptFor)
            return known.List;
        try
        {
            IPAddress[] list = await Dns.GetHostAddressesAsync(to.Host, abort).ConfigureAwait(false);
            _addresses = new Addresses(list, clock.GetTimestamp());
            return list;
        }
        catch (SocketException e)
        {
            throw new UpstreamException(SessionEnd.UpstreamUnreachable, e.Message);
        }
    }

    private sealed record Addresses(IPAddress[] List, long Since);
}
