using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>Collects what a connection says, and lets specs wait for it.</summary>
internal sealed class HearingUser : IConnectionUser
{
    private readonly Lock _lock = new();
    private readonly List<byte> _got = [];
    private readonly List<(int Bytes, TaskCompletionSource Signal)> _waiting = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs in place of taking and returning the data.</summary>
    public Action<ReceivedData>? OnData { get; set; }

    public Task Closed => _closed.Task;

    public Task Aborted => _aborted.Task;

    public int TimesClosed { get; private set; }

    /// <summary>Why the target asked to be rid of the connection.</summary>
    public List<TcpUploadReason> Wishes { get; } = [];

    /// <summary>How long each move took that it was told of.</summary>
    public List<TimeSpan> Moves { get; } = [];

    public byte[] Got
    {
        get
        {
            lock (_lock)
                return [.. _got];
        }
    }

    public Task Hears(int bytes)
    {
        lock (_lock)
        {
            if (_got.Count >= bytes)
                return Task.CompletedTask;
            var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((bytes, signal));
            return signal.Task;
        }
    }

    public void OnReceived(ReceivedData data)
    {
        if (OnData is { } custom)
        {
            custom(data);
            return;
        }
        Take(data.Memory.Span);
        data.Return();
    }

    public void Take(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            _got.AddRange(data);
            foreach ((int bytes, TaskCompletionSource signal) in _waiting.ToArray())
                if (_got.Count >= bytes)
                    signal.TrySetResult();
        }
    }

    public void OnPeerClosed()
    {
        TimesClosed++;
        _closed.TrySetResult();
    }

    public void OnAborted() => _aborted.TrySetResult();

    public void OnUploadWanted(TcpUploadReason reason) => Wishes.Add(reason);

    public void OnMoved(TimeSpan took)
    {
        lock (_lock)
            Moves.Add(took);
    }
}
