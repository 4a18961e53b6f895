using System.Runtime.InteropServices;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>Measures what one host is told by what the target and the peer know.</summary>
internal sealed class AnswerChecker(IWorldPeer peer, TargetRecord record, Action<string> broken)
{
    private readonly List<WorldPost> _posts = [];
    private readonly List<bool> _received = [];
    private int _firstOpen;
    private int _leftAt;
    private bool _hasLeft;

    /// <summary>Requests that were not answered yet.</summary>
    public int Open { get; private set; }

    /// <summary>Whether a death has excused the order of answers.</summary>
    public Func<bool> OrderIsExcused { get; set; } = () => false;

    /// <summary>Whether something went wrong on purpose that may be why a request was not carried out.</summary>
    public Func<bool> IsExcused { get; set; } = () => false;

    /// <summary>Whether the target takes raw segments.</summary>
    public bool TakesForwards { get; set; } = true;

    /// <summary>Whether the target writes down which of them it has processed.</summary>
    public bool KnowsForwards { get; set; }

    /// <summary>Whether the host has said that the state of the connection, or of its path, is not true.</summary>
    public Func<bool> IsInvalid { get; set; } = () => false;

    /// <summary>Whether a driver in the middle may have no context for a request.</summary>
    public bool HasFewContexts { get; init; }

    /// <summary>Whether one had none: from there on the stream has a hole, which only the host can mend.</summary>
    public bool WasSentBack { get; private set; }

    /// <summary>Whether somebody leads adapters or bindings through their lives.</summary>
    public Func<bool> IsMoved { get; set; } = () => false;

    /// <summary>Whether the host has aborted the connection.</summary>
    public bool IsAborting { get; set; }

    /// <summary>Bytes the host was given.</summary>
    public long BytesReceived => _received.Count;

    /// <summary>Sends that succeeded.</summary>
    public int Succeeded { get; private set; }

    /// <summary>A request is made.</summary>
    public void Posted(WorldPost post)
    {
        _posts.Add(post);
        Open++;
    }

    /// <summary>A request is answered.</summary>
    public void Answered(WorldPost post, NdisStatus status, long bytes)
    {
        if (post.Answers == 1)
            Open--;
        else
            broken($"{peer.Number}: {post.What} was answered {post.Answers} times");
        if (post.Operation == OffloadOperation.Receive)
            CheckReceive(post, status, (int)bytes);
        else if (post.Operation == OffloadOperation.Forward)
            CheckForward(post, status, bytes);
        else
            CheckSend(post, status, bytes);
        WasSentBack |= status is NdisStatus.RequestUpload or NdisStatus.UploadRequested;
        CheckCause(post, status);
        if (status != NdisStatus.Success)
            return;
        Succeeded += post.Operation == OffloadOperation.Send ? 1 : 0;
        CheckOrder(post);
    }

    /// <summary>The host took indicated data that stands at this position.</summary>
    public void Received(long offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
        {
            long at = offset + i;
            if (data[i] != peer.Incoming(at) || at >= peer.Read)
                broken($"{peer.Number}: wrong byte received at {at}");
            while (_received.Count <= at)
                _received.Add(false);
            if (_received[(int)at])
                broken($"{peer.Number}: byte {at} was delivered twice");
            _received[(int)at] = true;
        }
    }

    /// <summary>The terminate is posted.</summary>
    public void Leaving()
    {
        _leftAt = _posts.Count;
        _hasLeft = true;
    }

    /// <summary>The connection came back.</summary>
    public void Uploaded(OffloadBlock block)
    {
        // A connection that was taken back for its host was posted to meanwhile.
        if (Open > 0 && !IsMoved())
            CheckNoneBehind();
        if (record.HasLeft(block.Connection) && block.Status != NdisStatus.Success)
            broken($"{peer.Number}: the terminate succeeded at the target; {block.Status} told");
        if (block.Socket is not null && block.Status != NdisStatus.Success)
            broken($"{peer.Number}: given back, and {block.Status} told");
        IsAborting = _hasLeft = WasSentBack = false;
        if (block.Socket is null)
        {
            if (!peer.IsReset && !peer.IsLost)
                broken($"{peer.Number}: a good connection was not given back, {block.Status}");
            return;
        }
        if (peer.Objection(block) is { } stands)
            broken($"{peer.Number}: given back with {block.Positions}, FIN {block.FinSent}; it stands at {stands}");
        // Over a dead driver a receive may come home after the terminate; then the end will tell.
        int holes = _received.Count(got => !got);
        if (Open == 0 && (block.Delivered != _received.Count || holes > 0))
            broken($"{peer.Number}: {_received.Count} bytes delivered with {holes} missing; "
                + $"{block.Delivered} said");
        ReadOnlySpan<byte> rest = block.BufferedData.Span;
        for (int i = 0; i < rest.Length; i++)
            if (rest[i] != peer.Incoming(block.Delivered + i))
            {
                broken($"{peer.Number}: wrong buffered byte at {block.Delivered + i}");
                break;
            }
    }

    /// <summary>A state operation has failed.</summary>
    public void NoteFailure(string what)
    {
        if (!peer.IsReset && !peer.IsLost && !IsExcused())
            broken($"{peer.Number}: a {what} failed without a cause");
    }

    /// <summary>Something is wrong that only the host can see.</summary>
    public void Break(string what) => broken($"{peer.Number}: {what}");

    /// <summary>Everything is over.</summary>
    public void AtEnd()
    {
        if (peer.Broken is { } wrong)
            broken(wrong);
        if (_received.Contains(false))
            broken($"{peer.Number}: bytes {_received.IndexOf(false)} and on never came");
        foreach (WorldPost post in _posts)
            if (post.Answers != 1)
                broken($"{peer.Number}: {post.What} was answered {post.Answers} times");
            else if (!peer.IsLost)
                CheckRecord(post, post.Told);
    }

    /// <summary>Nothing fails without a cause.</summary>
    private void CheckCause(WorldPost post, NdisStatus status)
    {
        bool lawful = status switch
        {
            NdisStatus.Success => true,
            NdisStatus.RequestUpload or NdisStatus.UploadRequested => HasFewContexts,
            NdisStatus.UploadInProgress => _hasLeft || peer.IsWished || post.IsBehind || IsInvalid() || WasSentBack
                || (post.Operation == OffloadOperation.Forward && !TakesForwards),
            NdisStatus.Paused => IsMoved(),
            NdisStatus.RequestAborted => _hasLeft || IsAborting || peer.IsReset || peer.IsLost || post.IsLate,
            NdisStatus.SendAborted => post.IsUnwanted,
            NdisStatus.InvalidState when post.Operation == OffloadOperation.Receive => peer.PeerFinished,
            _ => post.IsLate,
        };
        if (!lawful && !IsExcused())
            broken($"{peer.Number}: {post.What}: {status} told, without a cause");
        // A disconnect that died with its driver, or was sent back, ended nothing.
        if (status == NdisStatus.Success && post is { IsLate: true, Operation: OffloadOperation.Send }
            && !WasSentBack && !IsExcused())
            broken($"{peer.Number}: {post.What} succeeded behind the end of the stream");
    }

    /// <summary>What was told is what the target said, if it said anything.</summary>
    private void CheckRecord(WorldPost post, (NdisStatus Status, long Bytes) told)
    {
        // Sends without bytes have no place of their own in the stream, and a cancelled one has left its place.
        if (told.Status == NdisStatus.SendAborted)
            return;
        if (post.Operation is OffloadOperation.Send or OffloadOperation.Disconnect
            && post.Kind != DisconnectKind.Abortive
            && (post.Memory.Length > 0 || post.Operation == OffloadOperation.Disconnect)
            && post.Connection.Entry is { } entry
            && record.EndOf(entry.Handle, post.Operation, post.StreamOffset) is { } end && end != told)
            broken($"{peer.Number}: {post.What}: {told} told; the target said {end}");
    }

    private void CheckSend(WorldPost post, NdisStatus status, long bytes)
    {
        if (post.Kind == DisconnectKind.Abortive)
            return;
        long has = Math.Clamp(peer.Acknowledged - post.StreamOffset, 0, post.Memory.Length);
        bool whole = has == post.Memory.Length
            && (post.Operation == OffloadOperation.Send || peer.FinAcknowledged);
        if (status == NdisStatus.Success && (!whole || bytes != post.Memory.Length))
            broken($"{peer.Number}: {post.What}: Success with {bytes}, but the peer has {has}");
        if (bytes > has)
            broken($"{peer.Number}: {post.What}: {bytes} said to be acknowledged, but the peer has {has}");
        CheckRecord(post, (status, bytes));
    }

    private void CheckForward(WorldPost post, NdisStatus status, long bytes)
    {
        if (bytes != 0)
            broken($"{peer.Number}: {post.What}: {bytes} bytes told of a segment");
        if (!KnowsForwards || !MemoryMarshal.TryGetArray<byte>(post.Memory, out ArraySegment<byte> segment))
            return;
        bool processed = record.HasProcessed(segment.Array!);
        if (processed != (status == NdisStatus.Success))
            broken($"{peer.Number}: {post.What}: {status} told; the target {(processed ? "has" : "has not")} it");
    }

    private void CheckReceive(WorldPost post, NdisStatus status, int bytes)
    {
        MemoryMarshal.TryGetArray<byte>(post.Memory, out ArraySegment<byte> memory);
        if (bytes == 0)
            return;
        (long offset, int count) = peer.PlaceOf(record, memory.Array!, bytes, _received);
        if (bytes != count)
            broken($"{peer.Number}: {post.What}: {status}, {bytes} told; the target placed {count}");
        Received(offset, memory.AsSpan(0, bytes));
    }

    /// <summary>What succeeds comes after all that was posted before it, in its own direction.</summary>
    private void CheckOrder(WorldPost post)
    {
        while (_firstOpen < _posts.Count && _posts[_firstOpen].Answers > 0)
            _firstOpen++;
        if (OrderIsExcused() || post.Kind == DisconnectKind.Abortive)
            return;
        int lane = LaneOf(post);
        for (int i = _firstOpen; i < _posts.Count && _posts[i].Number < post.Number; i++)
            if (_posts[i].Answers == 0 && LaneOf(_posts[i]) == lane)
                broken($"{peer.Number}: {post.What} succeeded before {_posts[i].What} was answered");
    }

    private static int LaneOf(WorldPost post) => post.Operation switch
    {
        OffloadOperation.Receive => 1,
        OffloadOperation.Forward => 2,
        _ => 0,
    };

    private void CheckNoneBehind()
    {
        // The terminate comes last (TERM-28), but for what was posted after it.
        if (!OrderIsExcused() && _posts.Find(post => post.Answers == 0) is { } left && left.Number < _leftAt)
            broken($"{peer.Number}: given back before {left.What} was answered");
    }
}
