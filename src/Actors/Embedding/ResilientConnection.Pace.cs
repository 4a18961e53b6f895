using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

// How much of what it was given is with the target: about as much as that says is best (SEND-21), and no more than one
// request at a time where a driver had no context for more (SEND-11).
public sealed partial class ResilientConnection
{
    private const int SentBackMax = 10;
    private LinkedListNode<PendingRequest>? _waiting;   // the first that may not have been posted
    private long _accepted;         // stream offset behind the last byte that an earlier offload has given to the wire
    private long _backlog = long.MaxValue;
    private long _bytesOut;
    private int _requestsOut;
    private int _sentBack;          // how often since it last had nothing to send

    /// <summary>What its target has said; as much as it likes before.</summary>
    internal long Backlog => Volatile.Read(ref _backlog);

    private bool HasRoom => _requestsOut == 0 || (_bytesOut < _backlog && _sentBack == 0);

    /// <inheritdoc/>
    void IConnectionUser.OnSendBacklog(long bytes)
    {
        bool posted;
        lock (_lock)
        {
            _backlog = bytes;
            posted = PostWaiting();
        }
        if (posted)
            SettleLater();
    }

    /// <summary>Under the lock. An abort overtakes what waits; it ends it, too.</summary>
    private void PostOrWait(PendingRequest[] chain)
    {
        if (chain[0].Kind == DisconnectKind.Abortive || (_waiting is null && HasRoom))
            Post(chain);
        else
            _waiting ??= chain[0].Node;
    }

    /// <summary>Under the lock. A fresh offload has nothing yet.</summary>
    /// <param name="accepted">What the wire has: it is only waited for.</param>
    private void PostAll(long accepted)
    {
        (_accepted, _bytesOut, _requestsOut, _waiting) = (accepted, 0, 0, _pending.First);
        foreach (PendingRequest request in _pending)
            request.BytesOut = PendingRequest.NotOut;
        PostWaiting();
        PendingRequest? abort = _ending
            ? _pending.FirstOrDefault(request => request.Kind == DisconnectKind.Abortive)
            : null;
        if (abort is { IsOut: false })
            Post(abort, abort.Data);
    }

    /// <summary>Under the lock. Posts as much of what waits as there is room for.</summary>
    /// <returns>Whether something was posted: it may have been answered at once.</returns>
    private bool PostWaiting()
    {
        bool posted = false;
        while (!_repairing && _waiting is { } node && HasRoom)
        {
            _waiting = node.Next;
            PendingRequest request = node.Value;
            // Nothing can be posted behind a FIN that was sent: the disconnect answers for it.
            if (request.AwaitsFin || request.IsOut)
                continue;
            // What the kernel took is only waited for: an empty send ends when all before it is acknowledged.
            int taken = (int)Math.Clamp(_accepted - request.Offset, 0, request.Data.Length);
            Post(request, request.Data[taken..]);
            posted = true;
        }
        return posted;
    }

    private void Post(PendingRequest[] chain)
    {
        if (chain.Length == 1)
        {
            Post(chain[0], chain[0].Data);
            return;
        }
        CallbackPost? head = null;
        foreach (PendingRequest request in chain.Reverse())
        {
            Note(request, request.Data.Length);
            head = new CallbackPost(_current.Core, OffloadOperation.Send, request.Data, default,
                new Attempt(this, request, _generation, 0)) { Sent = SendDone, Next = head };
        }
        _current.Send(head!);
    }

    private void Post(PendingRequest request, ReadOnlyMemory<byte> rest)
    {
        Note(request, rest.Length);
        var attempt = new Attempt(this, request, _generation, request.Data.Length - rest.Length);
        if (request.Operation == OffloadOperation.Send)
            _current.Send(rest, SendDone, attempt);
        else
            _current.Disconnect(request.Kind, rest,
                static (state, result) => Done((Attempt)state!, result.Status, 0), attempt);
    }

    private void Note(PendingRequest request, int bytes)
    {
        request.BytesOut = bytes;
        _bytesOut += bytes;
        _requestsOut++;
    }

    /// <summary>Under the lock. It is answered.</summary>
    private void Remove(PendingRequest request)
    {
        if (_waiting == request.Node)
            _waiting = request.Node!.Next;
        _pending.Remove(request.Node!);
        request.Node = null;
        if (request.IsOut)
        {
            _bytesOut -= request.BytesOut;
            _requestsOut--;
        }
        if (_pending.Count == 0)
            _sentBack = 0;
    }

    /// <summary>Who had no context for a request a moment ago is not asked again at once.</summary>
    private async Task WaitForContextsAsync()
    {
        int times;
        lock (_lock)
            (times, _backlog) = (_closed ? 0 : _sentBack, long.MaxValue);
        if (times > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(1 << (times - 1)), _binding.Clock).ConfigureAwait(false);
    }
}
