using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Node.Stress;

/// <summary>What a peer saw of one session.</summary>
/// <param name="Bytes">How many bytes came.</param>
/// <param name="IsRight">Whether each was the right one.</param>
/// <param name="IsWhole">Whether they ended with a FIN, and not with a RST.</param>
internal sealed record PeerRecord(long Bytes, bool IsRight, bool IsWhole);

/// <summary>Loopback endpoints on plain sockets that know nothing of the stack: they check what they get, and send it
/// back or forget it.</summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private const int Backlog = 4096;
    private const int BufferBytes = 16 * 1024;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<(int, int), TaskCompletionSource<PeerRecord>> _records = new();
    private readonly long _seed;
    private readonly Task _accepting;
    private int _connections;
    private long _wrong;

    /// <summary>Starts to listen.</summary>
    public PeerServer(long seed)
    {
        _seed = seed;
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen(Backlog);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>On every loopback address.</summary>
    public int Port { get; }

    /// <summary>How many connections are open.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Streams in which a byte was wrong, those included that nobody asks for.</summary>
    public long Wrong => Interlocked.Read(ref _wrong);

    /// <summary>Ends when the peer's side of a session has ended.</summary>
    public Task<PeerRecord> Record(int connection, int session) => Source(connection, session).Task;

    /// <summary>The session was judged; what comes now is not waited for.</summary>
    public void Forget(int connection, int session) => _records.TryRemove((connection, session), out _);

    /// <summary>Odd sessions of every fourth connection are not echoed.</summary>
    public static bool Echoes(int connection, int session) => (connection & 3) != 3 || (session & 1) == 0;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
    }

    private TaskCompletionSource<PeerRecord> Source(int connection, int session) =>
        _records.GetOrAdd((connection, session),
            static _ => new TaskCompletionSource<PeerRecord>(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Interlocked.Increment(ref _connections);
        var stream = new PeerStream(_seed);
        bool whole = false;
        try
        {
            // Zero bytes first: an idle connection holds no buffer.
            while (!whole)
            {
                await socket.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
                whole = await ServeReadyAsync(socket, stream).ConfigureAwait(false);
            }
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // A reset, as some sessions end.
        }
        finally
        {
            socket.Dispose();
            Interlocked.Decrement(ref _connections);
        }
        if (!stream.IsRight)
            Interlocked.Increment(ref _wrong);
        if (stream.Identity is { } who)
            Source(who.Connection, who.Session).TrySetResult(new PeerRecord(stream.Bytes, stream.IsRight, whole));
    }

    private static async Task<bool> ServeReadyAsync(Socket socket, PeerStream stream)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int length = await socket.ReceiveAsync(buffer.AsMemory(0, BufferBytes)).ConfigureAwait(false);
            if (length == 0)
                return true;
            ReadOnlyMemory<byte> data = stream.Check(buffer.AsMemory(0, length));
            while (data.Length > 0)
                data = data[await socket.SendAsync(data).ConfigureAwait(false)..];
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>The incoming stream of one session at the peer.</summary>
internal sealed class PeerStream(long seed)
{
    private readonly byte[] _head = new byte[Content.HeadLength];
    private Content _content;
    private bool _echoes;

    /// <summary>Whose it is, once its head has come.</summary>
    public (int Connection, int Session)? Identity { get; private set; }

    /// <summary>How many bytes have come.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether each was right so far.</summary>
    public bool IsRight { get; private set; } = true;

    /// <summary>Checks what came; answers what is to be sent back.</summary>
    public ReadOnlyMemory<byte> Check(ReadOnlyMemory<byte> data)
    {
        long before = Bytes;
        Bytes += data.Length;
        if (Identity is not null)
        {
            IsRight &= _content.Matches(data.Span, before);
            return _echoes ? data : default;
        }
        int missing = (int)Math.Min(Content.HeadLength - before, data.Length);
        data.Span[..missing].CopyTo(_head.AsSpan((int)before));
        if (Bytes < Content.HeadLength)
            return default;
        (int Connection, int Session) who = Content.Read(_head);
        Identity = who;
        _content = new Content(seed, who.Connection, who.Session);
        _echoes = PeerServer.Echoes(who.Connection, who.Session);
        IsRight = _content.Matches(data.Span[missing..], Content.HeadLength);
        if (!_echoes)
            return default;
        byte[] whole = new byte[Bytes];
        _head.CopyTo(whole, 0);
        data.Span[missing..].CopyTo(whole.AsSpan(Content.HeadLength));
        return whole;
    }
}
