using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>Received data was waiting in the mailbox of a slow driver when its connection died. The stand-in took it
/// for data that the target never had, and reset a socket that was well.</summary>
public sealed class SlowDriverSpecs : StackSpec
{
    private readonly Gate _gate = new();

    internal override string Settings => "chimney.hang-watch { deadline = 1 h, sever-deadline = 1 m }";

    internal override void Build(StackBuilder stack) => stack.Crashes(_gate)
        .Miniport("nic0", Target)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0");

    public override async Task DisposeAsync()
    {
        _gate.Open();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Data_in_the_mailbox_of_a_slow_driver_is_waited_for()
    {
        var user = new HearingUser();       // TERM-06
        OffloadedConnection connection = await OffloadAsync(user);
        ConnectionEntry entry = Chimney.Stack.Handles.Find(connection.Handle)!;
        HolderId first = entry.Edge.Current!.Holder;
        Wire wire = Target[connection.Handle];
        _gate.Close("mux0");
        wire.Feed("slow"u8);
        await Until(() => _gate.IsHolding);
        _gate.Kill("connection");
        wire.Say(TcpUploadReason.LowActivity);
        await Until(() => entry.Edge.Current is { } now && now.Holder != first);
        _gate.Kill("tcpip");                // with the terminate in hand: the stand-in fetches it over the slow driver
        Task<UploadResult> upload = connection.UploadAsync();
        await Until(() => entry.StateOperations.Count == 1);
        IActorRef standIn = entry.Edge.Current!.Ref;
        standIn.Tell(HangSuspect.Instance);
        await Within(standIn.Ask<ActorIdentity>(new Identify(null)));   // behind the suspicion
        upload.IsCompleted.ShouldBeFalse();
        _gate.Open();
        UploadResult rest = await Named("upload", upload);
        rest.Socket.ShouldNotBeNull();
        byte[] got = [.. user.Got, .. rest.BufferedData.ToArray()];
        got.ShouldBe("slow"u8.ToArray());
        rest.Socket.Dispose();
    }

    /// <summary>Holds one driver at the beginning of a handler, and kills others once.</summary>
    private sealed class Gate : ICrashPlan
    {
        private readonly object _door = new();
        private string? _held;
        private string? _killed;

        public bool IsHolding { get; private set; }

        public void Close(string driver)
        {
            lock (_door)
                _held = driver;
        }

        public void Open()
        {
            lock (_door)
            {
                _held = null;
                Monitor.PulseAll(_door);
            }
        }

        public void Kill(string driver) => Volatile.Write(ref _killed, driver);

        public void At(string driver, CrashStep step)
        {
            if (step != CrashStep.Before)
                return;
            lock (_door)
                while (_held is not null && driver.StartsWith(_held, StringComparison.Ordinal))
                {
                    IsHolding = true;
                    Monitor.Wait(_door);
                }
            if (Volatile.Read(ref _killed) is { } killed && driver.StartsWith(killed, StringComparison.Ordinal)
                && Interlocked.CompareExchange(ref _killed, null, killed) == killed)
                throw new InvalidOperationException($"{driver} killed");
        }
    }
}
