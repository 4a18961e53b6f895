using ChimneyActors.Buffers;
using ChimneyActors.Captures;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>What the capture drivers of a stack write to; outlives their lives, and may be shared by several of
/// them.</summary>
/// <remarks>
/// Two files, each optional. *Packets*, as pcapng: the payload that passes, as the TCP segments that its stream
/// positions make of it; there are none to see below a socket. *Requests*: a line of JSON for each parcel that passes a
/// capture driver on its way down or up, in the order in which they pass. A write that fails ends the capture, never a
/// driver. Thread-safe.
/// </remarks>
public sealed class Capture : IDisposable
{
    private const int StreamsMax = 65_536;
    private readonly Lock _gate = new();
    private readonly Dictionary<FourTuple, CapturedStream> _streams = [];
    private readonly Dictionary<OffloadHandle, CapturedConnection> _connections = [];
    private readonly PcapngWriter? _writer;
    private readonly CountedStream? _packets;
    private readonly CountedStream? _requests;
    private readonly RequestTrace? _trace;
    private readonly long _bytesMax;
    private uint _begun;

    /// <summary>A capture.</summary>
    /// <param name="packets">Where the packets go; null for nowhere. Closed with the capture, as the other.</param>
    /// <param name="requests">Where the requests go; null for nowhere.</param>
    /// <param name="bytesMax">After so many bytes in both together nothing more is written. At least 1,024.</param>
    public Capture(Stream? packets, Stream? requests, long bytesMax = 1L << 30)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, 1024);
        _bytesMax = bytesMax;
        _packets = packets is null ? null : new CountedStream(packets);
        _requests = requests is null ? null : new CountedStream(requests);
        _writer = _packets is null ? null : new PcapngWriter(_packets);
        _trace = _requests is null ? null : new RequestTrace(_requests);
    }

    /// <summary>Why nothing more is written; null while it is.</summary>
    public string? Stopped { get; private set; }

    /// <summary>Makes the driver for each of its lives, as <c>StackBuilder.Intermediate</c> wants it.</summary>
    public IntermediateDriver NewDriver() => new CaptureDriver(this);

    /// <summary>Writes what is still in memory.</summary>
    public void Flush() => Try(() =>
    {
        _packets?.Flush();
        _requests?.Flush();
    });

    /// <summary>Ends it, and closes both files.</summary>
    public void Dispose()
    {
        Flush();
        lock (_gate)
        {
            Stopped ??= "closed";
            _trace?.Dispose();
            _packets?.Dispose();
            _requests?.Dispose();
        }
    }

    /// <summary>A connection begins; of several layers the one that sees it first writes its packets.</summary>
    internal void Begin(string layer, OffloadHandle handle, FourTuple ends, long sent, long received)
    {
        lock (_gate)
            if (_writer is not null && !_connections.ContainsKey(handle))
                _connections.Add(handle, new CapturedConnection(layer, ends, sent, received));
    }

    /// <summary>It has ended.</summary>
    internal void End(OffloadHandle handle)
    {
        lock (_gate)
            _connections.Remove(handle);
    }

    /// <summary>Writes packets of a connection.</summary>
    internal void Packets(
        string layer, OffloadHandle handle, DateTimeOffset now,
        Action<CapturedStream, CapturedConnection, TimeSpan> write)
    {
        if (_writer is null)
            return;
        Try(() =>
        {
            if (!_connections.TryGetValue(handle, out CapturedConnection? connection) || connection.Layer != layer)
                return;
            TimeSpan at = now - DateTimeOffset.UnixEpoch;
            write(StreamOf(connection, at), connection, at);
        });
    }

    /// <summary>Writes a line for each parcel of a message.</summary>
    internal void Requests(string layer, DateTimeOffset at, OffloadMessage message)
    {
        if (_trace is not null)
            Try(() => _trace.Write(layer, at, message));
    }

    /// <summary>A connection that was here before goes on with its numbers; one that begins anew with the same ends
    /// does not.</summary>
    private CapturedStream StreamOf(CapturedConnection connection, TimeSpan at)
    {
        if (_streams.TryGetValue(connection.Ends, out CapturedStream? known)
            && (connection.HasBegun || connection.Sent > 0 || connection.Received > 0))
        {
            connection.HasBegun = true;
            return known;
        }
        if (_streams.Count >= StreamsMax)
            _streams.Clear();       // whoever is still alive gets another handshake
        connection.HasBegun = true;
        return _streams[connection.Ends] = new CapturedStream(
            _writer!, connection.Ends.Local, connection.Ends.Remote, unchecked(_begun++ * 0x0100_0001), at,
            connection.Sent, connection.Received);
    }

    private void Try(Action write)
    {
        lock (_gate)
        {
            if (Stopped is not null)
                return;
            try
            {
                write();
                long bytes = (_packets?.Written ?? 0) + (_requests?.Written ?? 0);
                if (bytes > _bytesMax)
                    Stopped = $"{bytes} bytes were written, and {_bytesMax} are the limit";
            }
            catch (Exception failed) when (failed is IOException or ObjectDisposedException
                or UnauthorizedAccessException or NotSupportedException)
            {
                Stopped = failed.Message;
            }
        }
    }

    /// <summary>Counts what is written to another stream.</summary>
    private sealed class CountedStream(Stream to) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => to.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            Written += count;
            to.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                to.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>An offload of a connection as a capture sees it.</summary>
internal sealed class CapturedConnection(string layer, FourTuple ends, long sent, long received)
{
    /// <summary>Which capture driver writes its packets.</summary>
    public string Layer => layer;

    /// <summary>Both ends.</summary>
    public FourTuple Ends => ends;

    /// <summary>Position of its next byte to the peer when it was offloaded.</summary>
    public long Sent => sent;

    /// <summary>Position of the next byte from the peer.</summary>
    public long Received { get; set; } = received;

    /// <summary>Whether anything was written of it.</summary>
    public bool HasBegun { get; set; }
}
