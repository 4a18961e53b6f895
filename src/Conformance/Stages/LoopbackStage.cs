using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Conformance.Stages;

/// <summary>A stage on this machine: the kernel target, real sockets over loopback, real threads and time.</summary>
internal sealed class LoopbackStage : Stage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PlayMax = TimeSpan.FromSeconds(60);
    private static readonly Lazy<bool> HasIPv6 = new(CanBindIPv6);
    private static int _nobody = 1_000;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly ActorSystem _system;
    private readonly List<StagePeer> _peers = [];
    private readonly ConcurrentQueue<KernelTarget> _references = new();

    public LoopbackStage(ConformanceSubject subject, StagePlan plan)
    {
        _system = ActorSystem.Create("conform", ConfigurationFactory.ParseString(
            plan.Settings + "\nakka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }"));
        int adapters = AdaptersOf(subject, plan);
        var settings = new KernelTargetSettings { ConnectionsMax = plan.ConnectionsMax / adapters };
        Chimney = Chimney.StartAsync(_system, stack => Build(stack, subject, plan, () =>
        {
            var reference = new KernelTarget(settings);
            _references.Enqueue(reference);
            return reference;
        })).GetAwaiter().GetResult();
        Listen();
    }

    public override Chimney Chimney { get; }

    public override TimeSpan Now => TimeProvider.System.GetElapsedTime(_start);

    public override Ability Abilities => Ability.Room | Ability.SocketCounts | AbilitiesOfTargets
        | (HasIPv6.Value ? Ability.BothFamilies : Ability.None);

    public override async Task<bool> EndsAsync(Task happens)
    {
        using var over = new CancellationTokenSource();
        Task late = Task.Delay(Patience, over.Token);
        bool ends = await Task.WhenAny(happens, late).ConfigureAwait(false) == happens;
        await over.CancelAsync().ConfigureAwait(false);
        return ends;
    }

    /// <summary>The target must have found out that a neighbour of the connection in its table does not exist: so it
    /// has looked at everything before.</summary>
    public override async Task SettleAsync(OffloadHandle connection)
    {
        for (int round = 0; round < 3; round++)
        {
            var heard = new Heard(new OffloadHandle(connection.Slot, Interlocked.Increment(ref _nobody)));
            Array.Find(Targets, target => target.Serves(connection))?.Sever(heard.Nobody, heard);
            await EndsAsync(heard.Severed).ConfigureAwait(false);
        }
    }

    public override async Task ArrivesAsync(OffloadHandle connection)
    {
        while (PlugOf(connection).IsBeingAsked)
            await AwhileAsync().ConfigureAwait(false);
        await SettleAsync(connection).ConfigureAwait(false);
    }

    public override Task AwhileAsync() => Task.Delay(TimeSpan.FromMilliseconds(5));

    public override void Soon(Action what) => ThreadPool.QueueUserWorkItem(_ => what());

    public override void Run(Func<Task> play)
    {
        Task task = Task.Run(play);
        if (!task.Wait(PlayMax))
            throw new TimeoutException("The case did not end.");
    }

    public override void Dispose()
    {
        Chimney.DisposeAsync().AsTask().GetAwaiter().GetResult();
        foreach (KernelTarget reference in _references)     // a target of sockets has left them alone
            reference.DisposeAsync().AsTask().GetAwaiter().GetResult();
        foreach (StagePeer peer in _peers)
            peer.Dispose();
        _system.Terminate().GetAwaiter().GetResult();
    }

    protected override StagePeer NewPeer(int number, LinePlan plan)
    {
        var peer = new LoopbackPeer(number, plan);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Whether this machine has a loopback of IPv6; some containers have none.</summary>
    private static bool CanBindIPv6()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Hears the target say that there is nothing left of nobody.</summary>
    private sealed class Heard(OffloadHandle nobody) : IOffloadUpcalls
    {
        private readonly TaskCompletionSource _severed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public OffloadHandle Nobody => nobody;

        public Task Severed => _severed.Task;

        public HolderId Holder { get; } = HolderId.Next();

        public NetBufferListPool ReceivePool => throw new NotSupportedException("Nobody has no pool.");

        public void Complete(OffloadCompletion completion)
        {
        }

        public void Indicate(OffloadIndication indication) => _severed.TrySetResult();
    }
}
