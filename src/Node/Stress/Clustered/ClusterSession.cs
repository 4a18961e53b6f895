using System.Diagnostics;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>One connection through an adapter, from its initiate to its end. What its peer got is judged by the
/// coordinator, who has the peers.</summary>
internal sealed class ClusterSession(
    NodeTally tally, StressNodeOptions options, int connection, int session, string adapter)
    : IConnectionUser, IDisposable
{
    private const int RequestsMin = 10;
    private const int RequestsSpread = 60;
    private readonly Random _random = new(HashCode.Combine(options.Seed, connection, session));
    private readonly Content _content = new(options.Seed, connection, session);
    private readonly SemaphoreSlim _places = new(options.Window, options.Window);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Request> _requests = [];
    private long _sent;
    private long _acknowledged;
    private long _received;
    private readonly long _opened = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private long _lastAnswer;
    private int _disconnectAnswers;
    private bool _isWrong;
    private volatile bool _isAborted;

    /// <summary>What it is doing, for the report of a hang.</summary>
    public string Phase { get; private set; } = "initiate";

    /// <summary>Runs it.</summary>
    /// <param name="socket">From an adapter.</param>
    /// <param name="binding">Over the cluster target.</param>
    /// <param name="finishing">Ends the sending early.</param>
    public async Task RunAsync(Socket socket, Binding binding, CancellationToken finishing)
    {
        ResilientConnection open = await ResilientConnection.OpenAsync(binding, socket, this).ConfigureAwait(false);
        Phase = "sends";
        for (int left = RequestsMin + _random.Next(RequestsSpread); left > 0; left--)
        {
            await _places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            if (_isAborted || finishing.IsCancellationRequested)
                break;
            Send(open);
        }

        Phase = "disconnect";
        DisconnectResult end = await DisconnectAsync(open).ConfigureAwait(false);
        bool isWhole = end.Status == NdisStatus.Success;
        if (isWhole)
        {
            Phase = "waiting for the peer's FIN";
            await _ended.Task.ConfigureAwait(false);
            isWhole = !_isAborted;
        }

        Phase = "terminate";
        await open.CloseAsync().ConfigureAwait(false);
        Phase = "over";
        tally.Count(new SessionOver(
            connection, session, adapter, isWhole, _sent, _acknowledged, _received, !_isWrong, _requests.Count,
            _requests.Count(static one => one.Answers == 0),
            _requests.Count(static one => one.Answers > 1) + Math.Max(0, _disconnectAnswers - 1), _opened,
            _lastAnswer, open.Repairs));
    }

    /// <summary>What has no answer now.</summary>
    public IEnumerable<string> Unanswered()
    {
        Request[] open;
        lock (_requests)
            open = [.. _requests.Where(static one => one.Answers == 0)];
        string name = $"connection {connection}, session {session}, by {adapter}";
        return open.Select(one => $"{name}: request {one.Number}").Prepend($"{name} is in {Phase}").Take(3);
    }

    void IConnectionUser.OnReceived(ReceivedData data)
    {
        _isWrong |= !_content.Matches(data.Memory.Span, _received);
        _received += data.Memory.Length;
        data.Return();
    }

    void IConnectionUser.OnPeerClosed() => _ended.TrySetResult();

    void IConnectionUser.OnAborted()
    {
        _isAborted = true;
        _ended.TrySetResult();
    }

    public void Dispose() => _places.Dispose();

    private void Send(ResilientConnection open)
    {
        byte[] data = new byte[Math.Max(options.Size, Content.HeadLength)];
        _content.Fill(data, _sent);
        _sent += data.Length;
        var request = new Request(this, _requests.Count);
        lock (_requests)
            _requests.Add(request);
        tally.CountPosted();
        open.Send(data, Answered, request);
    }

    private static void Answered(object? state, SendResult result)
    {
        var request = (Request)state!;
        if (request.CountAnswer() > 1)
            return;
        ClusterSession session = request.Session;
        Interlocked.Add(ref session._acknowledged, result.BytesAcknowledged);
        session.Note(result.Status, request.Posted);
        if (result.Status != NdisStatus.Success)
            session._isAborted = true;
        session._places.Release();
    }

    private Task<DisconnectResult> DisconnectAsync(ResilientConnection open)
    {
        var done = new TaskCompletionSource<DisconnectResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        long posted = Stopwatch.GetTimestamp();
        tally.CountPosted();
        open.Disconnect(DisconnectKind.Graceful, default, (_, result) =>
        {
            if (Interlocked.Increment(ref _disconnectAnswers) == 1)
                Note(result.Status, posted);
            done.TrySetResult(result);
        }, null);
        return done.Task;
    }

    private void Note(NdisStatus status, long posted)
    {
        Volatile.Write(ref _lastAnswer, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        tally.CountCompleted(status, Stopwatch.GetElapsedTime(posted));
    }

    private sealed class Request(ClusterSession session, int number)
    {
        private int _answers;

        public ClusterSession Session => session;

        public int Number => number;

        public long Posted { get; } = Stopwatch.GetTimestamp();

        public int Answers => Volatile.Read(ref _answers);

        public int CountAnswer() => Interlocked.Increment(ref _answers);
    }
}
