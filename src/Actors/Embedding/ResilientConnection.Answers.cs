using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>How its requests are answered: once each, in no lock, whatever a callback throws.</summary>
public sealed partial class ResilientConnection
{
    private static void SendDone(object? state, SendResult result) =>
        Done((Attempt)state!, result.Status, result.BytesAcknowledged);

    private static void Done(Attempt attempt, NdisStatus status, long bytes) =>
        attempt.Connection.Settle(attempt, status, bytes);

    private void Settle(Attempt attempt, NdisStatus status, long bytes)
    {
        if (_lock.IsHeldByCurrentThread)
        {
            // A binding that dies while we post answers on this very thread. Users are not called under our lock.
            _answers.Enqueue((attempt, status, bytes));
            return;
        }
        if (SettleOne(attempt, status, bytes))
            SettleLater();
    }

    /// <returns>Whether that made room for others, of which some may be answered by now.</returns>
    private bool SettleOne(Attempt attempt, NdisStatus status, long bytes)
    {
        PendingRequest request = attempt.Request;
        List<PendingRequest> implied = [];
        bool posted;
        lock (_lock)
        {
            if (attempt.Generation != _generation || request.Node is null)
                return false;
            if (status is NdisStatus.UploadInProgress or NdisStatus.RequestUpload or NdisStatus.UploadRequested)
            {
                if (!_closed)
                {
                    bool stays = _home is null || _home == _binding;
                    if (status == NdisStatus.RequestUpload && stays && !_repairing)
                        _sentBack = Math.Min(_sentBack + 1, SentBackMax);
                    BeginRepair();
                    return false;
                }
                status = NdisStatus.RequestAborted;
            }
            if (request.Kind == DisconnectKind.Graceful)
                implied = TakeImplied(request, status);
            Remove(request);
            posted = PostWaiting();
        }
        foreach (PendingRequest earlier in implied)
            AnswerByPosition(earlier, status);
        bool whole = status == NdisStatus.Success && request.Kind != DisconnectKind.Abortive;
        long acknowledged = whole ? request.Data.Length : attempt.Skipped + bytes;
        if (whole || bytes > 0)
            NoteAcknowledged(request.Offset + acknowledged);
        else    // what an earlier attempt gave to the kernel counts only as far as it was acknowledged
            acknowledged = Math.Clamp(BytesAcknowledged - request.Offset, 0, request.Data.Length);
        Answer(request, status, acknowledged);
        return posted;
    }

    /// <summary>Settles what was answered under the lock.</summary>
    private void SettleLater()
    {
        while (true)
        {
            (Attempt Attempt, NdisStatus Status, long Bytes) answer;
            lock (_lock)
                if (!_answers.TryDequeue(out answer))
                    return;
            SettleOne(answer.Attempt, answer.Status, answer.Bytes);
        }
    }

    private void Answer(PendingRequest request, NdisStatus status, long acknowledged)
    {
        try
        {
            request.Answer(status, acknowledged, BytesAcknowledged);
        }
        catch (Exception exception)
        {
            _binding.TellUserError(exception);
        }
    }

    /// <summary>What a user's callback throws is told, and stops nobody: others wait behind it.</summary>
    private void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (Exception exception)
        {
            _binding.TellUserError(exception);
        }
    }

    /// <summary>Under the lock. Success of a disconnect is success of everything before it (DISC-13); what was sent
    /// before a FIN that outlived its connection has no other answer than the FIN's.</summary>
    private List<PendingRequest> TakeImplied(PendingRequest disconnect, NdisStatus status)
    {
        List<PendingRequest> implied = [];
        for (LinkedListNode<PendingRequest>? node = _pending.First; node is not null && node.Value != disconnect;)
        {
            LinkedListNode<PendingRequest>? next = node.Next;
            if (status == NdisStatus.Success || node.Value.AwaitsFin)
            {
                implied.Add(node.Value);
                Remove(node.Value);
            }
            node = next;
        }
        return implied;
    }

    private void AnswerByPosition(PendingRequest request, NdisStatus status)
    {
        if (status == NdisStatus.Success)
            NoteAcknowledged(request.Offset + request.Data.Length);
        long acknowledged = Math.Clamp(BytesAcknowledged - request.Offset, 0, request.Data.Length);
        Answer(request, status, acknowledged);
    }

    private void NoteAcknowledged(long through)
    {
        long known = BytesAcknowledged;
        while (through > known)
        {
            long seen = Interlocked.CompareExchange(ref _acknowledged, through, known);
            if (seen == known)
                return;
            known = seen;
        }
    }

    /// <summary>Answers whatever is left.</summary>
    /// <param name="delivered">The peer is known to have everything before this offset.</param>
    private void AnswerAll(long delivered)
    {
        while (true)
        {
            PendingRequest request;
            lock (_lock)
            {
                _waiting = null;
                if (_pending.First is not { } first)
                    return;
                request = first.Value;
                _pending.RemoveFirst();
                request.Node = null;
            }
            bool success = delivered > 0 && request.Offset + request.Data.Length <= delivered;
            AnswerByPosition(request, success ? NdisStatus.Success : NdisStatus.RequestAborted);
        }
    }
}
