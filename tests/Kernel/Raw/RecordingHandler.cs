using System.Threading.Channels;
using ChimneyActors.Contract;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

/// <summary>A handler that does what a test posts to it and writes down what it was told.</summary>
internal sealed class RecordingHandler : LoopHandler
{
    private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();

    /// <summary>What the handler does when the wheel asks it.</summary>
    internal Func<AckWait> WhenAsked { get; set; } = static () => AckWait.Over;

    /// <summary>What the handler does, besides writing it down, when its socket changes.</summary>
    internal Action<Readiness> WhenReady { get; set; } = static _ => { };

    /// <summary>What the handler does when it is called again.</summary>
    internal Action WhenAgain { get; set; } = static () => { };

    /// <summary>Runs something on the loop's thread and waits until it ran.</summary>
    internal async Task OnLoop(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(this, () =>
        {
            action();
            done.SetResult();
        }).ShouldBeTrue();
        await done.Task.WaitAsync(Limits.Patience);
    }

    /// <summary>Waits for the next thing of this type; others are passed over.</summary>
    internal async Task<T> Heard<T>(Predicate<T>? which = null)
    {
        using var patience = new CancellationTokenSource(Limits.Patience);
        while (true)
        {
            object heard = await _heard.Reader.ReadAsync(patience.Token);
            if (heard is T wanted && (which is null || which(wanted)))
                return wanted;
        }
    }

    internal bool HeardNothingOf<T>()
    {
        while (_heard.Reader.TryRead(out object? heard))
        {
            if (heard is T)
                return false;
        }

        return true;
    }

    internal void Say(object what) => _heard.Writer.TryWrite(what);

    internal override void OnPosted(object message, object? sender)
    {
        if (message is Action action)
            action();
        else
            Say(message);
    }

    internal override void OnReady(Readiness ready)
    {
        Say(ready);
        WhenReady(ready);
    }

    internal override AckWait OnAckDue()
    {
        AckWait answer = WhenAsked();
        Say(answer);
        return answer;
    }

    internal override void OnAgain() => WhenAgain();

    internal override void OnFault(Exception fault) => Say(fault);
}
