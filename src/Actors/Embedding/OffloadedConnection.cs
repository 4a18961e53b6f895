using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>A connection in the hands of the target. Made by <see cref="Binding"/>.</summary>
/// <remarks>Thread-safe. Sends are sent in the order of the calls. When a driver dies, requests come back with
/// UploadInProgress: then call <see cref="UploadAsync"/>; <see cref="ResilientConnection"/> does that by
/// itself.</remarks>
public sealed partial class OffloadedConnection : IAsyncDisposable, IBindingUser
{
    private readonly DriverStack _stack;
    private readonly IConnectionUser? _user;
    private LateTask<bool> _peerClosed;
    private LateTask<bool> _aborted;
    private LateTask<TcpUploadReason> _uploadWanted;
    private Task<OffloadBlock>? _terminate;

    internal OffloadedConnection(DriverStack stack, Edge binding, IConnectionUser? user)
    {
        _stack = stack;
        _user = user;
        Core = new BindingConnection(stack, binding, this);
    }

    /// <summary>Its name in every layer.</summary>
    public OffloadHandle Handle => Core.Entry?.Handle ?? OffloadHandle.None;

    /// <summary>Ends when the peer closed its half.</summary>
    public Task PeerClosed => _peerClosed.Get(_stack.TaskOptions);

    /// <summary>Ends when the connection was aborted.</summary>
    public Task Aborted => _aborted.Get(_stack.TaskOptions);

    /// <summary>Ends when the connection asks to be uploaded.</summary>
    public Task<TcpUploadReason> UploadWanted => _uploadWanted.Get(_stack.TaskOptions);

    /// <summary>Bytes of the stream that the peer acknowledged, as far as completions told.</summary>
    public long BytesAcknowledged => Core.Acknowledged;

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived => Core.Received;

    internal BindingConnection Core { get; }

    internal Action<TcpUploadReason>? OnUploadWanted { get; set; }

    /// <summary>Whether <see cref="UploadWanted"/> has ended.</summary>
    internal bool WantsUpload => _uploadWanted.HasEnded;

    /// <summary>Sends data; ends when the peer acknowledged it, or cannot any more. The memory is lent until
    /// then. Await it once; whoever wants more of it takes <see cref="ValueTask{T}.AsTask"/>.</summary>
    public ValueTask<SendResult> SendAsync(ReadOnlyMemory<byte> data)
    {
        var post = SendPost.For(Core, data);
        Tell(post, data.Length);
        return post.Result;
    }

    /// <summary>The same, as long as it is wanted: one that is cancelled before it is a part of the stream ends with
    /// <see cref="NdisStatus.SendAborted"/>, nothing of it is sent, and what was posted behind it closes up. One whose
    /// bytes are on their way down already ends as any other: a hole in a stream is no cancel.</summary>
    /// <param name="data">Lent until the end.</param>
    /// <param name="cancellation">Says that it is no longer wanted. It is not thrown.</param>
    public ValueTask<SendResult> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return ValueTask.FromResult(new SendResult(NdisStatus.SendAborted, 0));
        if (!cancellation.CanBeCanceled)
            return SendAsync(data);
        var post = new CancellablePost(Core, data);
        Tell(post, data.Length);
        post.CancelBy(cancellation);
        return post.Result;
    }

    /// <summary>Sends a chain of buffers as one request; each ends by itself, in order. Await each once.</summary>
    public ValueTask<SendResult>[] SendChainAsync(IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chain.Count);
        var results = new ValueTask<SendResult>[chain.Count];
        SendPost? head = null;
        for (int i = chain.Count - 1; i >= 0; i--)
        {
            var post = SendPost.For(Core, chain[i]);
            post.Next = head;
            head = post;
            results[i] = post.Result;
        }
        Tell(head!, 0);
        return results;
    }

    /// <summary>Sends data that lies in several buffers, in order and as one: it ends when all of it does. The memory
    /// is lent until then, and is not copied.</summary>
    public ValueTask<SendResult> SendBuffersAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        var post = new GatherPost(Core, [.. buffers]);
        Tell(post, 0);
        return post.Result;
    }

    /// <summary>Sends data with a callback instead of a task, for whoever counts allocations.</summary>
    public void Send(ReadOnlyMemory<byte> data, Action<object?, SendResult> completed, object? state) =>
        Tell(new CallbackPost(Core, OffloadOperation.Send, data, default, state) { Sent = completed }, data.Length);

    /// <summary>Posts a chain that is already linked; each member answers by itself.</summary>
    internal void Send(Post chain) => Tell(chain, 0);

    /// <summary>Posts space for data of the peer. The memory is lent until the end.</summary>
    /// <param name="buffer">Where to. Zero bytes only re-enables indications.</param>
    /// <param name="noPush">End only when the buffer is full, or the stream.</param>
    /// <returns>To be awaited once.</returns>
    public ValueTask<ReceiveResult> ReceiveAsync(Memory<byte> buffer, bool noPush = false)
    {
        var post = ReceivePost.For(Core, buffer, noPush);
        Tell(post, 0);
        return post.Result;
    }

    /// <summary>Posts a buffer that holds data already: it is filled up behind that, and ends only when it is full, or
    /// the stream ends (RECV-20).</summary>
    /// <param name="buffer">The whole buffer.</param>
    /// <param name="filled">Bytes at its start that are data already, 0 to all.</param>
    /// <returns>Counts what is received into it now. To be awaited once.</returns>
    public ValueTask<ReceiveResult> FillAsync(Memory<byte> buffer, int filled)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(filled);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filled, buffer.Length);
        var post = ReceivePost.For(Core, buffer[filled..], noPush: true);
        post.BytesFilled = filled;
        Tell(post, 0);
        return post.Result;
    }

    /// <summary>Gives the target raw segments of this connection that came to the host instead. What is not taken the
    /// host processes itself.</summary>
    /// <param name="segments">In the order in which they came. Each from the first byte of the TCP header on, without
    /// the IP header, whose checksums the host has looked at; lent until its task ends.</param>
    /// <returns>For each: SUCCESS, processed like one from the wire; UPLOAD_IN_PROGRESS, not processed, and left to the
    /// host, always so where a target has no TCP of its own (<see cref="OffloadCapabilities.Forward"/>);
    /// REQUEST_ABORTED, the connection was reset and nobody processes it.</returns>
    /// <exception cref="ArgumentException">One of them is no TCP segment.</exception>
    public Task<NdisStatus>[] ForwardAsync(params IReadOnlyList<ReadOnlyMemory<byte>> segments)
    {
        ArgumentOutOfRangeException.ThrowIfZero(segments.Count);
        for (int i = 0; i < segments.Count; i++)
            CheckSegment(segments[i].Span, i);
        var posts = new ForwardPost[segments.Count];
        for (int i = posts.Length - 1; i >= 0; i--)
            posts[i] = new ForwardPost(Core, segments[i]) { Next = i + 1 < posts.Length ? posts[i + 1] : null };
        Tell(posts[0], 0);
        return Array.ConvertAll(posts, post => post.Result);
    }

    /// <summary>Closes the send half after all data (graceful) or aborts the connection.</summary>
    /// <param name="kind">FIN or RST.</param>
    /// <param name="data">Graceful only: last data before the FIN.</param>
    public Task<DisconnectResult> DisconnectAsync(DisconnectKind kind, ReadOnlyMemory<byte> data = default)
    {
        CheckDisconnect(kind, data);
        var post = new DisconnectPost(Core, kind, data);
        Tell(post, data.Length);
        return post.Result;
    }

    /// <summary>The same with a callback.</summary>
    public void Disconnect(
        DisconnectKind kind, ReadOnlyMemory<byte> data, Action<object?, DisconnectResult> completed, object? state)
    {
        CheckDisconnect(kind, data);
        Tell(new CallbackPost(Core, OffloadOperation.Disconnect, data, kind, state) { Disconnected = completed },
            data.Length);
    }

    /// <summary>Takes the connection back. Everything under way ends first, with UploadInProgress. A pause, an unbind
    /// or the removal of its adapter takes it back by itself: then this gives what has come back.</summary>
    public async Task<UploadResult> UploadAsync()
    {
        OffloadBlock block = await TerminateAsync().ConfigureAwait(false);
        return new UploadResult(block.Socket, block.Positions, block.BufferedData, block.FinSent);
    }

    /// <summary>Takes the connection back and closes its socket. Data that was not acknowledged is aborted, not cut off
    /// with an orderly FIN.</summary>
    public async ValueTask DisposeAsync()
    {
        UploadResult rest = await UploadAsync().ConfigureAwait(false);
        Release(rest);
    }

    long IBindingUser.Offer(NetBufferList list, FlightId flight)
    {
        if (_user is null)
            return 0;
        var data = new ReceivedData(_stack, list, flight);
        _user.OnReceived(data);
        return data.EndOffer();
    }

    void IBindingUser.PeerClosed()
    {
        _peerClosed.End(true, _stack.TaskOptions);
        _user?.OnPeerClosed();
    }

    void IBindingUser.Aborted()
    {
        _aborted.End(true, _stack.TaskOptions);
        _user?.OnAborted();
    }

    void IBindingUser.UploadWanted(TcpUploadReason reason)
    {
        _uploadWanted.End(reason, _stack.TaskOptions);
        OnUploadWanted?.Invoke(reason);
        _user?.OnUploadWanted(reason);
    }

    void IBindingUser.SendBacklogChanged(long bytes) => _user?.OnSendBacklog(bytes);

    /// <remarks>What comes back is kept for <see cref="UploadAsync"/>.</remarks>
    void IBindingUser.TakeBack(TcpUploadReason reason)
    {
        lock (Core.PostLock)
            if (_terminate is null)
                _terminate = TellWhenBackAsync(TerminateAsync(), reason);
    }

    /// <summary>In place of the terminate itself, and not beside whoever awaits that: of two who wait for one task only
    /// the last goes on where it ends.</summary>
    private async Task<OffloadBlock> TellWhenBackAsync(Task<OffloadBlock> back, TcpUploadReason reason)
    {
        OffloadBlock block = await back.ConfigureAwait(false);
        Core.AskBack(reason);
        return block;
    }

    /// <summary>What is, or will be, kept for <see cref="UploadAsync"/>; null if nobody takes the connection
    /// back.</summary>
    internal Task<OffloadBlock>? Back => _terminate;

    internal static void Release(UploadResult rest)
    {
        if (rest.Socket is null)
            return;
        if (!rest.FinSent || rest.Positions.Acknowledged < rest.Positions.Accepted)
            Reset(rest.Socket);
        rest.Socket.Dispose();
    }

    private static void Reset(System.Net.Sockets.Socket socket)
    {
        try
        {
            socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // Closed before, or reset by the peer: there is nothing left to cut off.
        }
    }

    internal Task<OffloadBlock> TerminateAsync()
    {
        lock (Core.PostLock)
        {
            if (_terminate is not null)
                return _terminate;
            var block = new OffloadBlock();
            var post = new StatePost(Core, OffloadOperation.Terminate, block);
            _terminate = post.Done;
            if (_asks?.Close() is not { IsCompleted: false } asked)
            {
                Tell(post);
                return _terminate;
            }
            Core.Binding.Tell(new LeaveNotice(Core), null);
            _ = TellAfterAsync(asked, post);
            return _terminate;
        }
    }

    /// <summary>Not before what was asked of the connection is answered (TERM-02).</summary>
    private async Task TellAfterAsync(Task asked, StatePost post)
    {
        await asked.ConfigureAwait(false);
        Tell(post);
    }

    private void Tell(StatePost post) => ((IBindingCommand)post).TellTo(_stack, Core.Binding);

    internal static void CheckDisconnect(DisconnectKind kind, ReadOnlyMemory<byte> data)
    {
        if (kind is not (DisconnectKind.Graceful or DisconnectKind.Abortive))
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "Graceful or Abortive, exactly one (DISC-01).");
        if (kind == DisconnectKind.Abortive && data.Length > 0)
            throw new ArgumentException("An abortive disconnect carries no data (DISC-03).", nameof(data));
    }

    internal static void CheckSegment(ReadOnlySpan<byte> segment, int index)
    {
        if (RawSegment.HeaderBytesOf(segment) == 0)
            throw new ArgumentException($"Segment {index} has {segment.Length} bytes and is no TCP segment: it must "
                + $"begin with a TCP header of at least {RawSegment.HeaderBytesMin} bytes, as long as its data offset "
                + "says (NBL-04).", nameof(segment));
    }

    private void Tell(Post post, long length)
    {
        bool told;
        bool lost;
        lock (Core.PostLock)
        {
            post.BeginPosting();
            for (Post? member = post; member is not null; member = member.Next)
            {
                member.StreamOffset = Core.NextOffset;
                if (member.Operation is not (OffloadOperation.Receive or OffloadOperation.Forward))
                    Core.NextOffset += member.Length;
            }
            // A stack that is over hears no dead letters: the post may have been told to nobody.
            told = Core.Binding.Tell(post, null) && !_stack.Stopped;
            lost = post.EndPosting();
        }
        if (lost || !told)
            post.Lost();
    }
}
