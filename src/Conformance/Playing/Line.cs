using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Conformance.Playing;

/// <summary>One connection of a case: its host's side, and its peer.</summary>
internal sealed class Line : IConnectionUser
{
    private const byte Worn = 0xEE;
    private readonly Lock _gate = new();
    private readonly Play _play;
    private readonly LinePlan _plan;
    private readonly List<Memory<byte>> _back = [];
    private readonly List<ReceivedData> _kept = [];
    private OffloadedConnection? _connection;
    private int _asked;

    public Line(Play play, StagePeer peer, LinePlan plan)
    {
        _play = play;
        _plan = plan;
        Peer = peer;
        peer.Noted = what => play.Stage.Watch.Note(Place.Peer, Handle, $"peer {peer.Number} {what}");
    }

    /// <summary>The other end.</summary>
    public StagePeer Peer { get; }

    /// <summary>The other end, where every segment can be seen.</summary>
    public SeededPeer Wire => (SeededPeer)Peer;

    /// <summary>The connection, offloaded.</summary>
    public OffloadedConnection Connection =>
        _connection ?? throw new InvalidOperationException("It is not offloaded.");

    /// <summary>Its name.</summary>
    public OffloadHandle Handle => _connection?.Handle ?? OffloadHandle.None;

    /// <summary>Stream offset of the next byte to send.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes that were indicated and taken.</summary>
    public long Taken { get; private set; }

    /// <summary>What is wrong with them; null for nothing.</summary>
    public string? Wrong { get; private set; }

    /// <summary>Whether the host keeps what is indicated, until <see cref="ReturnAll"/>.</summary>
    public bool Keeps { get; set; }

    /// <summary>The host takes so many bytes of the next indication, and no more; null for all.</summary>
    public int? TakesOnly { get; set; }

    /// <summary>Whether the host takes nothing that is indicated.</summary>
    public bool Refuses { get; set; }

    /// <summary>How often the host was told of the peer's FIN.</summary>
    public int Closes { get; private set; }

    /// <summary>How often the host was told of an abort.</summary>
    public int Aborts { get; private set; }

    /// <summary>Done in the middle of an indication.</summary>
    public Action? OnData { get; set; }

    /// <summary>The path that it is offloaded on; null for none.</summary>
    public NetworkPath? Path { get; set; }

    /// <summary>Whether it was taken back.</summary>
    public bool IsUploaded { get; private set; }

    /// <summary>How often memory that was given back has changed afterwards.</summary>
    public int Touched
    {
        get
        {
            lock (_gate)
                return _back.Count(memory => memory.Span.IndexOfAnyExcept(Worn) >= 0);
        }
    }

    /// <summary>How many pieces of memory were given back.</summary>
    public int Back
    {
        get
        {
            lock (_gate)
                return _back.Count;
        }
    }

    /// <summary>Whether everything that was asked of it has come to the target, or is over.</summary>
    public bool HasArrived
    {
        get
        {
            TraceEntry[] seen = [.. Trace.Where(entry => entry.Parcel is NetBufferList)];
            return Math.Max(seen.Count(entry => entry is { Place: Place.Target, Act: Act.Down }),
                seen.Count(entry => entry is { Place: Place.Above, Act: Act.Up })) >= _asked;
        }
    }

    /// <summary>Hands the connection to the target.</summary>
    public async Task OffloadAsync()
    {
        try
        {
            _connection = await _play.Ends(TryOffloadAsync());
        }
        catch (OffloadException refused)
        {
            throw new CaseOverException($"the offload is refused with {refused.Status}");
        }
    }

    /// <summary>The same, with what follows left to the case.</summary>
    public Task<OffloadedConnection> TryOffloadAsync() => TryOffloadAsync(new UploadResult(
        Peer.Socket, default, default, false));

    /// <summary>Hands the connection to the target again.</summary>
    public async Task<OffloadedConnection> TryOffloadAsync(UploadResult rest)
    {
        // Data may come before the initiate's answer is heard.
        (_connection, Task<OffloadOutcome> initiate) = _play.Stage.Chimney.Binding(_plan.Binding)
            .BeginOffload(rest, Path, _plan.Listens ? this : null, null);
        IsUploaded = false;
        _asked = 0;
        NdisStatus status = (await initiate).Status;
        if (status == NdisStatus.Success)
            return _connection;
        _connection = null;
        throw new OffloadException(status);
    }

    /// <summary>Sends the next bytes.</summary>
    public Task<SendResult> Send(int length) =>
        WornAfter(Next(length), memory => Connection.SendAsync(memory).AsTask());

    /// <summary>Sends bytes that the host may not want any more; they count for nothing.</summary>
    public Task<SendResult> SendUnwanted(int length, CancellationToken cancellation) =>
        Connection.SendAsync(new byte[length], cancellation).AsTask();

    /// <summary>Sends the next bytes, as long as they are wanted.</summary>
    public Task<SendResult> Send(int length, CancellationToken cancellation) =>
        WornAfter(Next(length), memory => Connection.SendAsync(memory, cancellation).AsTask());

    /// <summary>Sends the next bytes, as one chain.</summary>
    public Task<SendResult>[] SendChain(params int[] lengths)
    {
        byte[][] chain = [.. lengths.Select(Next)];
        ValueTask<SendResult>[] sends =
            Connection.SendChainAsync([.. chain.Select(data => (ReadOnlyMemory<byte>)data)]);
        return [.. sends.Select((send, index) => WornAfter(chain[index], _ => send.AsTask()))];
    }

    /// <summary>Sends the next bytes, in several buffers.</summary>
    public Task<SendResult> SendInBuffers(params int[] lengths)
    {
        byte[] data = Next(lengths.Sum());
        var pieces = new List<ReadOnlyMemory<byte>>();
        int at = 0;
        foreach (int length in lengths)
        {
            pieces.Add(data.AsMemory(at, length));
            at += length;
        }
        return WornAfter(data, _ => Connection.SendBuffersAsync(pieces).AsTask());
    }

    /// <summary>Posts a buffer that holds data already.</summary>
    public Task<ReceiveResult> Fill(byte[] buffer, int filled)
    {
        _asked++;
        return Connection.FillAsync(buffer, filled).AsTask();
    }

    /// <summary>Posts space.</summary>
    public Task<Receipt> Receive(int length, bool noPush = false)
    {
        var memory = new byte[length];
        return ReceiptOf(memory, Connection.ReceiveAsync(memory, noPush).AsTask());
    }

    /// <summary>Waits until so many lists of space have come to the target.</summary>
    public async Task HasSpace(int count)
    {
        await _play.Until("GEN-03", "the space comes to the target", () =>
            Trace.Count(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Receive)) >= count);
        await _play.Stage.ArrivesAsync(Handle);
    }

    /// <summary>Posts several pieces of space as one chain.</summary>
    public Task<Receipt>[] ReceiveChain(params int[] lengths)
    {
        byte[][] memory = [.. lengths.Select(length => new byte[length])];
        ReceivePost[] posts = [.. memory.Select(space => ReceivePost.For(Connection.Core, space, noPush: false))];
        for (int index = 0; index + 1 < posts.Length; index++)
            posts[index].Next = posts[index + 1];
        Connection.Send(posts[0]);
        return [.. posts.Select((post, index) => ReceiptOf(memory[index], post.Result.AsTask()))];
    }

    /// <summary>Hands raw segments over, as one chain.</summary>
    public Task<NdisStatus>[] Forward(params byte[][] segments)
    {
        Task<NdisStatus>[] answers =
            Connection.ForwardAsync([.. segments.Select(segment => (ReadOnlyMemory<byte>)segment)]);
        return [.. answers.Select((answer, index) => WornAfter(segments[index], _ => answer))];
    }

    /// <summary>Closes the send half, or cuts off.</summary>
    public Task<DisconnectResult> Disconnect(DisconnectKind kind, int length = 0) =>
        WornAfter(Next(length), memory => Connection.DisconnectAsync(kind, memory));

    /// <summary>Takes the connection back.</summary>
    public async Task<UploadResult> Upload()
    {
        UploadResult rest = await _play.Ends(Connection.UploadAsync());
        IsUploaded = true;
        return rest;
    }

    /// <summary>Gives kept data back.</summary>
    public void ReturnAll()
    {
        ReceivedData[] kept = TakeKept();
        if (kept.Length > 0)
            _play.Stage.Watch.Note(Place.Host, Handle, Lives.GivesBack);
        foreach (ReceivedData data in kept)
            data.Return();
    }

    /// <summary>Kept data, for the case to give back.</summary>
    public ReceivedData[] TakeKept()
    {
        lock (_gate)
        {
            ReceivedData[] kept = [.. _kept];
            _kept.Clear();
            return kept;
        }
    }

    /// <summary>What the stage has seen of this connection.</summary>
    public IEnumerable<TraceEntry> Trace => _play.Trace.Where(entry => entry.Connection == Handle);

    /// <summary>Takes the connection back, if it is still away.</summary>
    public async Task EndAsync()
    {
        ReturnAll();
        if (_connection is not null && !IsUploaded)
            await Upload();
    }

    void IConnectionUser.OnReceived(ReceivedData data)
    {
        if (Refuses)
            throw new InvalidOperationException("Not now.");    // what a host throws over, it has not taken
        long at = Connection.BytesReceived - data.Memory.Length;
        int taken = Math.Min(TakesOnly ?? int.MaxValue, data.Memory.Length);
        if (Wrong is null && Pattern.FirstWrong(Peer.HostStream, at, data.Memory.Span[..taken]) is { } wrong)
            Wrong = $"the byte at {wrong} is not the one that the peer sent there";
        Taken += taken;
        if (TakesOnly is not null)
        {
            data.TakeOnly(taken);
            TakesOnly = null;
        }
        if (taken < data.Memory.Length)
            _play.Stage.Watch.Note(Place.Host, Handle, "takes only a part");
        else if (Keeps)
            lock (_gate)
                _kept.Add(data);
        else
            data.Return();
        OnData?.Invoke();
        _play.Stage.Watch.Note(Place.Host, Handle, $"takes {taken} bytes at {at}");
    }

    void IConnectionUser.OnPeerClosed()
    {
        Closes++;
        _play.Stage.Watch.Note(Place.Host, Handle, "hears of the peer's FIN");
    }

    void IConnectionUser.OnAborted()
    {
        Aborts++;
        _play.Stage.Watch.Note(Place.Host, Handle, "hears of an abort");
    }

    private byte[] Next(int length)
    {
        byte[] data = Pattern.Bytes(Peer.PeerStream, Sent, length);
        Sent += length;
        return data;
    }

    private async Task<T> WornAfter<T>(byte[] memory, Func<ReadOnlyMemory<byte>, Task<T>> request)
    {
        _asked++;
        T result = await request(memory);
        WearOut(memory);
        _play.Stage.Watch.Note(Place.Host, Handle, $"hears {result}");
        return result;
    }

    private async Task<Receipt> ReceiptOf(byte[] memory, Task<ReceiveResult> receive)
    {
        _asked++;
        ReceiveResult result = await receive;
        byte[] data = memory[..result.BytesReceived];
        WearOut(memory);
        _play.Stage.Watch.Note(Place.Host, Handle, $"hears {result}");
        return new Receipt(result.Status, data);
    }

    /// <summary>The memory is the host's again: whoever touches it from here on is found, and so is whoever still
    /// reads it.</summary>
    private void WearOut(Memory<byte> memory)
    {
        memory.Span.Fill(Worn);
        lock (_gate)
            _back.Add(memory);
    }
}

/// <summary>The end of a posted receive.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Data">What it brought.</param>
internal readonly record struct Receipt(NdisStatus Status, byte[] Data)
{
    /// <summary>Whether these are the bytes of a stream.</summary>
    public bool IsAt(Line line, long offset) =>
        Pattern.FirstWrong(line.Peer.HostStream, offset, Data) is null;
}
