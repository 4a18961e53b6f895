using System.Collections.Concurrent;
using System.Net.Sockets;
using Akka.Actor;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>However a stack ends, and whenever, no caller is left waiting: not those before, during or after.</summary>
public abstract class ChimneyStopSpecs : StackSpec
{
    private const int Threads = 3;
    private readonly ConcurrentQueue<(string What, Task Answer)> _asked = new();
    private volatile bool _over;

    internal abstract Task EndAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(400)]
    [InlineData(2000)]
    public async Task Nobody_waits_when_the_stack_ends_under_load(int after)
    {
        Target.IsAutomatic = after % 2 == 0;
        Task[] load = [.. Enumerable.Range(0, Threads).Select(_ => Task.Run(LoadAsync))];
        await Until(() => _asked.Count >= after);
        await Named("end", EndAsync());
        // Some more posts of those who have not noticed.
        int seen = _asked.Count;
        await Until(() => _asked.Count > seen + 20);
        _over = true;
        await Named("load", Task.WhenAll(load));
        foreach ((string what, Task answer) in _asked)
            await Named(what, answer.ContinueWith(_ => { }, TaskScheduler.Default));
        Chimney.Ledger.Outstanding.ShouldBe(0);
    }

    private async Task LoadAsync()
    {
        using Socket first = NewSocket();
        using Socket second = NewSocket();
        OffloadedConnection? connection = null;
        ResilientConnection? resilient = null;
        for (int i = 0; !_over; i++)
        {
            if (i % 16 == 0 || connection is null)
                await Task.Yield();
            try
            {
                connection ??= await Ask("offload", Chimney.Binding("tcpip").OffloadAsync(first));
                resilient ??= await Ask("open", ResilientConnection.OpenAsync(
                    Chimney.Binding("tcpip"), second, new HearingUser()));
            }
            catch (OffloadException)
            {
                if (connection is null)
                    continue;       // the stack has ended: asking again is lawful, and answered at once
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            _ = Ask("send", connection.SendAsync(new byte[1]).AsTask());
            if (resilient is not null)
                _ = Ask("resilient send", SendAsync(resilient));
            if (i % 5 == 0)
                _ = Ask("receive", connection.ReceiveAsync(new byte[1]).AsTask());
            if (i % 11 == 0)
                _ = Ask("disconnect", connection.DisconnectAsync(
                    i % 2 == 0 ? DisconnectKind.Graceful : DisconnectKind.Abortive));
            if (i % 50 == 49)
            {
                UploadResult rest = await Ask("upload", connection.UploadAsync());
                connection = rest.Socket is null ? connection : null;
            }
        }
    }

    private static Task SendAsync(ResilientConnection connection)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Send(new byte[1], (_, _) => done.SetResult(), null);
        return done.Task;
    }

    private T Ask<T>(string what, T task)
        where T : Task
    {
        _asked.Enqueue((what, task));
        return task;
    }
}

public sealed class ChimneyDisposeSpecs : ChimneyStopSpecs
{
    internal override Task EndAsync() => Chimney.DisposeAsync().AsTask();
}

public sealed class CoordinatedShutdownSpecs : ChimneyStopSpecs
{
    internal override Task EndAsync() =>
        CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClrExitReason.Instance);
}

public sealed class SystemTerminateSpecs : ChimneyStopSpecs
{
    internal override async Task EndAsync()
    {
        await System.Terminate();
        await Chimney.DisposeAsync();
    }
}

public sealed class HardTerminateSpecs : ChimneyStopSpecs
{
    internal override string Settings => "akka.coordinated-shutdown.run-by-actor-system-terminate = off";

    internal override async Task EndAsync()
    {
        await System.Terminate();
        await Chimney.DisposeAsync();
    }
}

/// <summary>A host that serializes every message to test its own (serialize-messages) does not lose ours.</summary>
public sealed class SerializingHostSpecs : StackSpec
{
    internal override string Settings => "akka.actor.serialize-messages = on";

    [Fact]
    public async Task A_host_that_serializes_messages_works()
    {
        var user = new HearingUser();
        OffloadedConnection connection = await OffloadAsync(user);
        Target[connection.Handle].Feed("hello"u8, fin: true);
        (await Named("send", connection.SendAsync(new byte[3]).AsTask())).BytesAcknowledged.ShouldBe(3);
        await Named("fin", user.Closed);
        (await Named("end", connection.DisconnectAsync(DisconnectKind.Graceful))).BytesAcknowledged.ShouldBe(3);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_host_that_serializes_messages_has_dead_drivers_replaced()
    {
        foreach (string driver in (string[])["tcpip", "mux0", "connection", "nic0-shelf"])
        {
            OffloadedConnection connection = await OffloadAsync();
            Crashes.Arm(driver, CrashStep.Before, 1);
            Task[] sends = [.. Enumerable.Range(0, 50).Select(_ => connection.SendAsync(new byte[1]).AsTask())];
            await Named("sends", Task.WhenAll(sends));
            Crashes.Disarm();
            await Named("dispose", connection.DisposeAsync().AsTask());
        }
    }
}
