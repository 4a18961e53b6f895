using System.Net;
using System.Net.Sockets;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Stress;

/// <summary>One connection that is opened, used, closed, and opened again, until there is nothing more to
/// ask.</summary>
internal sealed class StressClient(
    StressCounts counts, StressOptions options, PeerServer peer, Binding binding, int number, StressBudget budget)
{
    private const int FailuresMax = 5;
    private StressSession? _session;

    /// <summary>Requests that have no answer now.</summary>
    public IEnumerable<string> Unanswered() => _session is { Phase: not "over" } session
        ? session.Unanswered().Prepend($"connection {number} is in {session.Phase}").Take(3)
        : [];

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync()
    {
        int failures = 0;
        for (int session = 0; budget.IsLeft; session++)
        {
            _session = new StressSession(counts, options, peer, number, session);
            try
            {
                using Socket socket = await ConnectAsync(peer, number).ConfigureAwait(false);
                await _session.RunAsync(socket, binding, budget).ConfigureAwait(false);
            }
            catch (OffloadException exception) when (failures < FailuresMax)
            {
                failures++;     // drivers died faster than they were replaced: the socket was still ours
                _ = exception;
            }
            catch (Exception exception)
            {
                counts.Break($"connection {number}, session {session}: {exception}");
                return;
            }
        }
    }

    /// <summary>Connects to one of many loopback addresses, so that local ports do not run out.</summary>
    public static async Task<Socket> ConnectAsync(PeerServer peer, int number)
    {
        const int addresses = 64;
        var address = new IPAddress([127, 0, 0, (byte)(1 + (number % addresses))]);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, peer.Port)).ConfigureAwait(false);
            socket.NoDelay = true;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
