using System.Collections.Concurrent;
using System.Net.Sockets;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Serve;

/// <summary>A small HTTP server's side of one connection: answers in order, never far ahead of the client.</summary>
/// <remarks>Data is held until its request's turn comes: a client that pipelines is slowed by its own window.</remarks>
internal sealed class HttpSession(long id, Socket socket, ServiceContext service)
    : ServiceSession(id, socket, service)
{
    private const int SendingBytesMax = 512 * 1024;
    private readonly ConcurrentQueue<ReceivedData> _input = new();
    private readonly HttpRequestParser _parser = new();
    private ReceivedData? _current;
    private int _read;          // of the current data
    private long _bodyLeft;     // of the current answer
    private long _bodySent;
    private bool _last;         // nothing after this answer
    private bool _done;         // what still comes in is forgotten
    private volatile bool _endOfData;
    private volatile bool _atRest = true;
    private int _pumps;

    /// <inheritdoc/>
    protected override bool IsAtRest => _atRest;

    /// <inheritdoc/>
    protected override void OnData(ReceivedData data)
    {
        _atRest = false;
        _input.Enqueue(data);
        Pump();
    }

    /// <inheritdoc/>
    protected override void OnEndOfData()
    {
        _endOfData = true;
        Pump();
    }

    /// <inheritdoc/>
    protected override void OnSent() => Pump();

    // One thread at a time, without holding a lock over calls into the stack: whoever comes second makes the first
    // look again.
    private void Pump()
    {
        if (Interlocked.Increment(ref _pumps) != 1)
            return;
        int seen = 1;
        while (true)
        {
            while (Step())
            {
            }
            int now = Interlocked.Add(ref _pumps, -seen);
            if (now == 0)
                return;
            seen = now;
        }
    }

    private bool Step()
    {
        if (_done)
            return Forget();
        if (_bodyLeft > 0 || _last || _current is not null || !_input.IsEmpty)
        {
            if (SendingBytes >= SendingBytesMax)
                return false;
        }
        if (_bodyLeft > 0)
            return SendBody();
        if (_last)
            return End();
        bool ended = _endOfData;   // asked before the queue, into which nothing comes after it
        if (_current is null && !_input.TryDequeue(out _current))
        {
            _atRest = !_parser.IsInside;
            return ended && End();
        }
        return ReadRequest(_current!);
    }

    private bool ReadRequest(ReceivedData data)
    {
        HttpParse found = _parser.Read(data.Memory.Span[_read..], out int consumed);
        _read += consumed;
        if (_read == data.Memory.Length)
        {
            _current = null;
            _read = 0;
            data.Return();
        }
        if (found == HttpParse.More)
            return true;
        HttpAnswer answer = HttpAnswer.To(found, _parser.Request, Service.IsDraining());
        _bodyLeft = answer.BodyBytes;
        _bodySent = 0;
        _last = answer.IsLast;
        if (!Send(answer.Head, null))
            _done = true;
        return true;
    }

    private bool SendBody()
    {
        ReadOnlyMemory<byte> piece = HttpAnswer.Body(_bodySent, _bodyLeft);
        _bodyLeft -= piece.Length;
        _bodySent += piece.Length;
        if (!Send(piece, null))
            _done = true;
        return true;
    }

    private bool End()
    {
        _done = true;
        Finish();
        return true;
    }

    private bool Forget()
    {
        _current?.Return();
        _current = null;
        while (_input.TryDequeue(out ReceivedData? data))
            data.Return();
        return false;
    }
}
