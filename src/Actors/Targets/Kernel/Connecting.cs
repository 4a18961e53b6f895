using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Targets.Kernel;

/// <summary>One attempt to connect, watched by a loop of ours until the peer has answered.</summary>
/// <remarks>
/// A socket that the framework connects asynchronously stays in the framework's own poller for good: every packet of
/// the offloaded connection would wake that too, and a thread of the pool. This one was never there.
/// </remarks>
internal sealed class Connecting : LoopHandler
{
    private static readonly object Watch = new();
    private static readonly object GiveUp = new();

    private readonly TaskCompletionSource<Socket> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _descriptor;    // negative when it is not ours any more

    private Connecting(int descriptor) => _descriptor = descriptor;

    /// <summary>Connects a socket. On loopback the peer has answered when the first call returns; then nothing need be
    /// watched.</summary>
    /// <param name="loop">Watches it if the answer takes longer.</param>
    /// <param name="remote">Where to.</param>
    /// <param name="cancellation">Gives the attempt up.</param>
    internal static async Task<Socket> RunAsync(EpollLoop loop, EndPoint remote, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        SocketAddress address = remote.Serialize();
        int descriptor = NativeConnect.Open(address);
        if (descriptor < 0)
            throw NativeConnect.ErrorOf(-descriptor);
        var attempt = new Connecting(descriptor) { Loop = loop };
        try
        {
            int result = NativeConnect.Connect(descriptor, address);
            if (result == -Errno.InProgress)
                result = NativeConnect.Connect(descriptor, address);
            return result == -Errno.Already
                ? await attempt.WaitAsync(cancellation).ConfigureAwait(false)
                : attempt.Finish(-result);
        }
        catch
        {
            if (attempt._descriptor >= 0)
                NativeEpoll.Close(attempt._descriptor);
            throw;
        }
    }

    internal override void OnPosted(object message, object? sender)
    {
        if (_done.Task.IsCompleted)
            return;
        if (ReferenceEquals(message, GiveUp))
            End(() => throw new OperationCanceledException());
        else if (Loop.Register(_descriptor, this) is var error and < 0)
            End(() => throw NativeConnect.ErrorOf(-error));
    }

    internal override void OnReady(Readiness ready)
    {
        const Readiness Answered = Readiness.Writable | Readiness.Error | Readiness.HungUp;
        if ((ready & Answered) != 0)
            End(() => Finish(NativeTcp.TakeError(_descriptor)));
    }

    internal override AckWait OnAckDue() => AckWait.Over;

    internal override void OnAgain()
    {
    }

    internal override void OnFault(Exception fault) => End(() => throw fault);

    private async Task<Socket> WaitAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(!Loop.Post(this, Watch), typeof(KernelTarget));
        CancellationTokenRegistration canceled = cancellation.UnsafeRegister(
            static attempt => ((Connecting)attempt!).Loop.Post((Connecting)attempt, GiveUp), this);
        await using (canceled.ConfigureAwait(false))
            return await _done.Task.ConfigureAwait(false);
    }

    /// <summary>The loop lets go of it before anybody else can have it.</summary>
    private void End(Func<Socket> result)
    {
        Loop.Unregister(_descriptor, this);
        try
        {
            _done.TrySetResult(result());
        }
        catch (Exception failure)
        {
            _done.TrySetException(failure);
        }
    }

    private Socket Finish(int error)
    {
        if (error == 0)
            error = -NativeConnect.LetWait(_descriptor);
        if (error != 0)
            throw NativeConnect.ErrorOf(error);
        var handle = new SafeSocketHandle(_descriptor, ownsHandle: true);
        _descriptor = -1;
        try
        {
            return new Socket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
