using System.Diagnostics;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// One thread that watches many sockets: edge-triggered epoll, an inbox for other threads, the wheel of those who wait
/// for acknowledgements, and a list of those who want to go on after the others had their turn.
/// </summary>
/// <remarks>
/// An idle connection costs sixteen bytes here and no time. The thread sleeps until an event, a post or the next due
/// question. A handler that throws is told so and the loop goes on: one connection never takes others down.
/// </remarks>
internal sealed unsafe partial class EpollLoop
{
    private const int BatchMax = 256;
    private const ulong WakeUpKey = ulong.MaxValue;
    private const int WokenMax = 1024;
    private static readonly long WokenSlice = Stopwatch.Frequency / 1_000;

    private readonly LoopInbox _inbox = new();
    private readonly LoopSlots _slots = new();
    private readonly AckWheel _wheel;
    private readonly SpinTrust _spin;
    private readonly TimeProvider _time;
    private readonly double _nanosecondsPerTick;
    private readonly byte[] _events = GC.AllocateArray<byte>(BatchMax * NativeEpoll.EventSize, pinned: true);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private readonly int _epoll;
    private readonly int _wakeUp;
    private readonly Lock _descriptors = new();
    private LoopHandler? _firstAgain;
    private LoopHandler? _lastAgain;
    private Thread _thread;
    private bool _closed;
    private volatile bool _stopping;
    private long _shift;    // odd while the thread runs what it woke, and somebody else may take the loop over
    private long _faults;
    private long _rounds;

    /// <param name="name">Of its thread.</param>
    /// <param name="time">The clock of the questions for acknowledgements.</param>
    /// <param name="spinMax">How long it looks for events before it sleeps, while that pays.</param>
    /// <exception cref="IOException">The kernel gives no epoll or eventfd descriptor.</exception>
    internal EpollLoop(string name, TimeProvider time, TimeSpan spinMax = default)
    {
        _spin = new SpinTrust((long)(spinMax.TotalSeconds * Stopwatch.Frequency), Stopwatch.Frequency / 100_000);
        _time = time;
        _wheel = new AckWheel(time.TimestampFrequency);
        _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
        _epoll = NativeEpoll.Create();
        _wakeUp = NativeEpoll.CreateWakeUp();
        int added = _epoll < 0 || _wakeUp < 0
            ? Math.Min(_epoll, _wakeUp)
            : NativeEpoll.AddWakeUp(_epoll, _wakeUp, WakeUpKey);
        if (added < 0)
        {
            CloseDescriptors();
            throw new IOException($"No epoll for loop '{name}': errno {-added}.");
        }

        _name = name;
        _thread = NewThread();
    }

    /// <summary>Whether the thread ends after what it does now.</summary>
    internal bool IsStopping => _stopping;

    /// <summary>Completes when the thread has ended and its descriptors are closed.</summary>
    internal Task Stopped => _stopped.Task;

    /// <summary>How often the thread went round; stands still while nothing happens.</summary>
    internal long Rounds => Interlocked.Read(ref _rounds);

    /// <summary>How many calls to handlers threw.</summary>
    internal long Faults => Interlocked.Read(ref _faults);

    internal void Start() => _thread.UnsafeStart();     // drivers run here: nobody's context may come along

    /// <summary>Ends the thread after what was posted before. Handlers still registered get a fault.</summary>
    internal void Stop()
    {
        _stopping = true;
        if (_inbox.Close())
            Ring();
    }

    /// <summary>Hands a message to a handler on the loop's thread, in the order of posting. From any thread.</summary>
    /// <returns>False if the loop has ended: the message went nowhere.</returns>
    internal bool Post(LoopHandler handler, object message, object? sender = null)
    {
        bool taken = _inbox.TryAdd(new LoopPost(handler, message, sender), out bool wake);
        if (wake)
            Ring();
        return taken;
    }

    /// <summary>Begins to watch a socket. On the loop's thread.</summary>
    /// <returns>Zero or a negated error number.</returns>
    internal int Register(int descriptor, LoopHandler handler)
    {
        AssertHere();
        ulong key = _slots.Add(handler);
        int added = NativeEpoll.Add(_epoll, descriptor, key);
        if (added < 0)
            _slots.Remove(handler);
        return added;
    }

    /// <summary>Ends the watch: no event of this registration reaches the handler any more. On the loop's thread.
    /// No harm if it is not registered.</summary>
    internal void Unregister(int descriptor, LoopHandler handler)
    {
        AssertHere();
        _wheel.End(handler);
        if (handler.LoopSlot == LoopHandler.Unregistered)
            return;
        _slots.Remove(handler);
        _ = NativeEpoll.Remove(_epoll, descriptor);
    }

    /// <summary>Bytes are out that the peer has to acknowledge, or some more were acknowledged.</summary>
    internal void AwaitAck(LoopHandler handler)
    {
        AssertHere();
        _wheel.Begin(handler, _time.GetTimestamp());
    }

    /// <summary>Nothing is outstanding any more.</summary>
    internal void ForgetAck(LoopHandler handler)
    {
        AssertHere();
        _wheel.End(handler);
    }

    /// <summary>Calls the handler again after everybody else had a turn. Asking twice is asking once.</summary>
    internal void GoOnLater(LoopHandler handler)
    {
        AssertHere();
        if (handler.IsAgain)
            return;
        handler.IsAgain = true;
        if (_lastAgain is null)
            _firstAgain = handler;
        else
            _lastAgain.NextAgain = handler;
        _lastAgain = handler;
    }

    private Thread NewThread() => new(Run) { Name = _name, IsBackground = true };

    private void Run()
    {
        NativeEpoll.WakeExactly();
        RunQueue woken = RunQueue.Open(WokenMax, StandIn);
        try
        {
            RunLoop(woken);
        }
        finally
        {
            woken.Close();
        }
    }

    private void RunLoop(RunQueue woken)
    {
        Exception? broken = null;
        try
        {
            while (!_stopping)
            {
                Interlocked.Increment(ref _rounds);
                DeliverPosts();
                CallAgain();
                AskDue();
                if (!RunWoken(woken))
                    return;
                Poll();
                if (!RunWoken(woken))
                    return;
            }
        }
        catch (IOException exception)
        {
            broken = exception;
        }

        _stopping = true;
        _inbox.Close();
        DeliverPosts();
        CallAgain();
        foreach (LoopHandler handler in _slots.All())
            Fault(handler, broken ?? new ObjectDisposedException(nameof(EpollLoop)));
        CloseDescriptors();
        _stopped.SetResult();
    }

    /// <summary>Runs the drivers that the events have woken; their answers are in the inbox then.</summary>
    /// <returns>False if a driver kept the thread so long that the loop has another one now.</returns>
    private bool RunWoken(RunQueue woken)
    {
        if (woken.IsEmpty)
            return true;
        long shift = Interlocked.Increment(ref _shift);
        woken.Run(null, WokenMax, WokenSlice);
        return Interlocked.CompareExchange(ref _shift, shift + 1, shift) == shift;
    }

    /// <summary>A driver keeps the thread: another one goes on with the loop, which is at rest meanwhile.</summary>
    private void StandIn()
    {
        long shift = Interlocked.Read(ref _shift);
        if ((shift & 1) == 0 || Interlocked.CompareExchange(ref _shift, shift + 1, shift) != shift)
            return;
        _thread = NewThread();
        _thread.UnsafeStart();
    }

    private void DeliverPosts()
    {
        foreach (LoopPost post in _inbox.Drain())
        {
            try
            {
                post.Handler.OnPosted(post.Message, post.Sender);
            }
            catch (Exception exception)
            {
                Fault(post.Handler, exception);
            }
        }
    }

    private void CallAgain()
    {
        LoopHandler? next = _firstAgain;
        _firstAgain = _lastAgain = null;   // who asks during this pass waits for the next one
        while (next is not null)
        {
            LoopHandler handler = next;
            next = handler.NextAgain;
            handler.NextAgain = null;
            handler.IsAgain = false;
            try
            {
                handler.OnAgain();
            }
            catch (Exception exception)
            {
                Fault(handler, exception);
            }
        }
    }

    private void AskDue()
    {
        if (_wheel.Waiting == 0)
            return;
        long now = _time.GetTimestamp();
        while (_wheel.TakeDue(now) is LoopHandler handler)
        {
            try
            {
                AckWait wait = handler.OnAckDue();
                if (wait == AckWait.Progressed)
                    _wheel.Begin(handler, now);
                else if (wait == AckWait.Fruitless)
                    _wheel.Continue(handler, now);
            }
            catch (Exception exception)
            {
                Fault(handler, exception);
            }
        }
    }

    private void Dispatch(ulong key, Readiness ready)
    {
        if (key == WakeUpKey)
        {
            NativeEpoll.Silence(_wakeUp);
            return;
        }

        LoopHandler? handler = _slots.Find(key);
        if (handler is null)
            return;   // a late event: the socket was removed by an earlier event of this batch
        try
        {
            handler.OnReady(ready);
        }
        catch (Exception exception)
        {
            Fault(handler, exception);
        }
    }

    private void Fault(LoopHandler handler, Exception fault)
    {
        Interlocked.Increment(ref _faults);
        try
        {
            handler.OnFault(fault);
        }
        catch (Exception)
        {
            // The handler cannot even give up. It stays silent from here on; its descriptor is nobody's to close.
            _wheel.End(handler);
            if (handler.LoopSlot != LoopHandler.Unregistered)
                _slots.Remove(handler);
        }
    }

    private void Ring()
    {
        lock (_descriptors)
        {
            if (!_closed)   // else a late ring could land in a file that got the same number
                NativeEpoll.Ring(_wakeUp);
        }
    }

    private void CloseDescriptors()
    {
        lock (_descriptors)
        {
            _closed = true;
            if (_epoll >= 0)
                NativeEpoll.Close(_epoll);
            if (_wakeUp >= 0)
                NativeEpoll.Close(_wakeUp);
        }
    }

    [Conditional("DEBUG")]
    private void AssertHere() => Debug.Assert(Thread.CurrentThread == _thread, "only on the loop's own thread");
}
