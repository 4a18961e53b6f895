using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>A host may start and end stacks as often as it likes: none keeps its memory.</summary>
[Trait("needs", "actors")]
public sealed class ForgottenStackSpecs : IAsyncLifetime
{
    private static readonly Config Quick = ConfigurationFactory.ParseString(
        """
        akka { loglevel = WARNING, stdout-loglevel = WARNING, coordinated-shutdown.run-by-clr-shutdown-hook = off }
        chimney.stop-timeout = 100 ms
        """);

    private readonly ActorSystem _system = ActorSystem.Create("forgetful", Quick);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task Of_stacks_that_ended_nothing_is_kept()
    {
        WeakReference[] ended = [await LifeAsync(), await LifeAsync(), await LifeAsync()];

        // The last one may still be in the hands of this method.
        await StackSpec.Until(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return ended[..2].All(stack => !stack.IsAlive);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> LifeAsync()
    {
        await using Chimney chimney = await Chimney.StartAsync(_system, stack => stack
            .Miniport("nic0", new ScriptedTarget()).Binding("tcpip", over: "nic0"));
        using global::System.Net.Sockets.Socket socket = StackSpec.NewSocket();
        OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(socket);
        (await connection.SendAsync(new byte[10])).Status.ShouldBe(NdisStatus.Success);
        await connection.DisposeAsync();
        return new WeakReference(chimney.Stack);
    }
}
