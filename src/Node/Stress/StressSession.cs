using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Node.Stress;

/// <summary>One offloaded connection from its initiate to its terminate, and the judgement on it.</summary>
internal sealed class StressSession(
    StressCounts counts, StressOptions options, PeerServer peer, int connection, int session) : IConnectionUser
{
    private const int RequestsMin = 20;
    private const int RequestsSpread = 120;
    private readonly Random _random = new(HashCode.Combine(options.Seed, connection, session));
    private readonly Content _content = new(options.Seed, connection, session);
    private readonly List<StressRequest> _requests = [];
    private readonly Channel<int> _places = Places(options.Window);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DisconnectResult> _disconnected =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _buffer = new byte[options.Window * Math.Max(options.Size, Content.HeadLength)];
    private long _sent;
    private long _received;
    private int _disconnectAnswers;
    private bool _wrong;
    private bool _aborted;

    private string Name => $"connection {connection}, session {session}";

    /// <summary>What it is doing, for the report of a hang.</summary>
    public string Phase { get; private set; } = "new";

    /// <summary>Runs it.</summary>
    /// <param name="socket">Connected to the peer.</param>
    /// <param name="binding">Over which binding.</param>
    /// <param name="budget">How much may be asked.</param>
    public async Task RunAsync(Socket socket, Binding binding, StressBudget budget)
    {
        Phase = "initiate";
        ResilientConnection open = await ResilientConnection.OpenAsync(binding, socket, this).ConfigureAwait(false);
        Phase = "sends";
        await SendAllAsync(open, budget).ConfigureAwait(false);
        bool abortive = _random.Next(8) == 0;
        Phase = abortive ? "abortive disconnect" : "graceful disconnect";
        DisconnectResult end = await DisconnectAsync(open, abortive).ConfigureAwait(false);
        if (!abortive)
        {
            Phase = "waiting for the peer's FIN";
            await _closed.Task.ConfigureAwait(false);
        }
        Phase = "terminate";
        ConnectionSummary summary = await open.CloseAsync().ConfigureAwait(false);
        counts.CountSession(open.Repairs);
        JudgeAnswers();
        Phase = "waiting for the peer's record";
        if (!abortive && _sent > 0)
            JudgeWhole(end, summary, await peer.Record(connection, session).ConfigureAwait(false));
        else if (abortive && await SeenAsync().ConfigureAwait(false) is { } seen)
            JudgePart(summary, seen);
        peer.Forget(connection, session);
        Phase = "over";
    }

    /// <summary>Requests that have no answer now.</summary>
    public IEnumerable<string> Unanswered()
    {
        StressRequest[] requests;
        lock (_requests)
            requests = [.. _requests];
        return requests.Where(request => request.Answers == 0)
            .Select(request => $"{Name}, request {request.Number}, posted in {Phase}");
    }

    void IConnectionUser.OnReceived(ReceivedData data)
    {
        _wrong |= !_content.Matches(data.Memory.Span, _received);
        _received += data.Memory.Length;
        data.Return();
    }

    void IConnectionUser.OnPeerClosed() => _closed.TrySetResult();

    void IConnectionUser.OnAborted()
    {
        Volatile.Write(ref _aborted, true);
        _closed.TrySetResult();
    }

    private static Channel<int> Places(int count)
    {
        var places = Channel.CreateUnbounded<int>();
        for (int place = 0; place < count; place++)
            places.Writer.TryWrite(place);
        return places;
    }

    private async Task SendAllAsync(ResilientConnection open, StressBudget budget)
    {
        int left = RequestsMin + _random.Next(RequestsSpread);
        while (left > 0 && budget.TryTake() && !Volatile.Read(ref _aborted))
        {
            int length = _random.Next(8) == 0 ? Math.Min(2 + _random.Next(3), Math.Min(left, options.Window)) : 1;
            var chain = new List<(ReadOnlyMemory<byte>, object?)>(length);
            for (int i = 0; i < length && (i == 0 || budget.TryTake()); i++)
            {
                chain.Add(Next(await _places.Reader.ReadAsync().ConfigureAwait(false)));
                left--;
            }
            if (chain.Count == 1)
                open.Send(chain[0].Item1, Answered, chain[0].Item2);
            else
                open.SendChain(chain, Answered);
        }
    }

    private (ReadOnlyMemory<byte> Data, object? Request) Next(int place)
    {
        int room = Math.Max(options.Size, Content.HeadLength);
        Memory<byte> data = _buffer.AsMemory(place * room, room);
        _content.Fill(data.Span, _sent);
        _sent += data.Length;
        var request = new StressRequest(this, _requests.Count, place);
        lock (_requests)
            _requests.Add(request);
        counts.CountPosted();
        return (data, request);
    }

    private static void Answered(object? state, SendResult result)
    {
        var request = (StressRequest)state!;
        request.Session.Answer(request, result);
    }

    private void Answer(StressRequest request, SendResult result)
    {
        if (request.CountAnswer() > 1)
            return;
        request.Status = result.Status;
        counts.CountCompleted(result.Status == NdisStatus.Success, Stopwatch.GetElapsedTime(request.Posted));
        _places.Writer.TryWrite(request.Place);
    }

    private async Task<DisconnectResult> DisconnectAsync(ResilientConnection open, bool abortive)
    {
        byte[] last = [];
        if (!abortive && _sent > 0 && _random.Next(2) == 0)
        {
            last = new byte[_random.Next(1, 1 + options.Size)];
            _content.Fill(last, _sent);
            _sent += last.Length;
        }
        counts.CountDisconnect();
        open.Disconnect(abortive ? DisconnectKind.Abortive : DisconnectKind.Graceful, last, (_, result) =>
        {
            Interlocked.Increment(ref _disconnectAnswers);
            _disconnected.TrySetResult(result);
        }, null);
        return await _disconnected.Task.ConfigureAwait(false);
    }

    /// <summary>After a RST the peer may not even have read whose stream it was.</summary>
    private async Task<PeerRecord?> SeenAsync()
    {
        Task<PeerRecord> record = peer.Record(connection, session);
        await Task.WhenAny(record, Task.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
        return record.IsCompleted ? await record.ConfigureAwait(false) : null;
    }

    private void JudgeAnswers()
    {
        long lost = _requests.LongCount(request => request.Answers == 0);
        long doubled = _requests.LongCount(request => request.Answers > 1);
        counts.CountLost(lost);
        counts.CountDoubled(doubled + Math.Max(0, Volatile.Read(ref _disconnectAnswers) - 1));
        if (lost + doubled > 0)
            counts.Break($"{Name}: {lost} requests without an answer, {doubled} with more than one");
        if (_wrong)
            counts.Break($"{Name}: the client received wrong bytes");
    }

    private void JudgeWhole(DisconnectResult end, ConnectionSummary summary, PeerRecord seen)
    {
        long echoed = PeerServer.Echoes(connection, session) ? _sent : 0;
        if (Volatile.Read(ref _aborted))
            counts.Break($"{Name}: aborted, which nobody asked for");
        if (end.Status != NdisStatus.Success || end.BytesAcknowledged != _sent)
            counts.Break($"{Name}: disconnect {end.Status}, {end.BytesAcknowledged} of {_sent} bytes acknowledged");
        if (_requests.Find(request => request.Status != NdisStatus.Success) is { } failed)
            counts.Break($"{Name}: request {failed.Number} of {_requests.Count} ended with {failed.Status}");
        if (!seen.IsRight || !seen.IsWhole || seen.Bytes != _sent)
            counts.Break($"{Name}: the peer got {seen.Bytes} of {_sent} bytes, {Verdict(seen)}");
        if (_received != echoed || summary.BytesReceived != echoed)
            counts.Break($"{Name}: {_received} (said: {summary.BytesReceived}) of {echoed} bytes came back");
    }

    private void JudgePart(ConnectionSummary summary, PeerRecord seen)
    {
        if (!seen.IsRight || seen.Bytes > _sent)
            counts.Break($"{Name}, aborted: the peer got {seen.Bytes} of {_sent} bytes, {Verdict(seen)}");
        if (summary.BytesAcknowledged > _sent || _received > _sent)
            counts.Break(
                $"{Name}, aborted: {summary.BytesAcknowledged} acknowledged, {_received} received, {_sent} sent");
    }

    private static string Verdict(PeerRecord seen) =>
        (seen.IsRight ? "right" : "wrong") + (seen.IsWhole ? ", whole" : ", reset");
}

/// <summary>One request and how often it was answered.</summary>
internal sealed class StressRequest(StressSession session, int number, int place)
{
    private int _answers;

    public StressSession Session => session;

    public int Number => number;

    /// <summary>Where its bytes are, in the buffer of the session.</summary>
    public int Place => place;

    public long Posted { get; } = Stopwatch.GetTimestamp();

    public NdisStatus Status { get; set; } = NdisStatus.Pending;

    public int Answers => Volatile.Read(ref _answers);

    public int CountAnswer() => Interlocked.Increment(ref _answers);
}
