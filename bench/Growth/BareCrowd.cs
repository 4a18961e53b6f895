using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Bench.Growth;

/// <summary>The rival: a bare actor for each connection, under as many parents as the stack has shelves.</summary>
internal static class BareCrowd
{
    private const int Parents = 16;

    public static async Task<Crew> RunAsync(int count, int requests)
    {
        var system = ActorSystem.Create("bare", ConfigurationFactory.ParseString(
            "akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }"));
        IActorRef[] parents =
            [.. Enumerable.Range(0, Parents).Select(_ => system.ActorOf(Props.Create(() => new Parent())))];
        var samples = new List<Sample>();

        var before = MemoryUse.Now();
        var children = new IActorRef[count];
        samples.Add((await MeasureAsync("open", count, parents, (all, i) =>
            new Birth(child => { children[i] = child; all.Signal(); })).ConfigureAwait(false)));
        samples[0] = before.Since(samples[0], count);

        var chain = new BareChain(system, layers: 1, children);
        samples.Add(await BenchStack.MeasureAsync(GrowthBench.Case("request", count),
            chain.Lanes(Math.Min(count, 65_536), 1), requests).ConfigureAwait(false));

        int deaths = GrowthBench.Deaths(count);
        samples.Add(await MeasureAsync("death of a connection's actor", count, children[..deaths],
            (all, _) => new Death(all.Signal)).ConfigureAwait(false));
        samples.Add(await MeasureAsync("end, all at once", count, children[deaths..(deaths + (count / 2))],
            (all, _) => new End(all.Signal)).ConfigureAwait(false));
        return new Crew(samples, new Owner(system, children));
    }

    /// <summary>Tells one message for each operation to receivers in turn, to the last signal.</summary>
    private static async Task<Sample> MeasureAsync(
        string what, int count, IActorRef[] receivers, Func<Countdown, int, object> make)
    {
        int operations = what == "open" ? count : receivers.Length;
        var all = new Countdown(operations);
        var meter = Meter.Start();
        for (int i = 0; i < operations; i++)
            receivers[i % receivers.Length].Tell(make(all, i), ActorRefs.NoSender);
        await all.Done.ConfigureAwait(false);
        return meter.Stop(GrowthBench.Case(what, count), operations);
    }

    private sealed class Owner(ActorSystem system, IActorRef[] children) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await system.Terminate().ConfigureAwait(false);
            GC.KeepAlive(children);
        }
    }

    private sealed record Birth(Action<IActorRef> Born);

    private sealed record Death(Action Restarted);

    private sealed record End(Action Stopped);

    private sealed class Parent : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var birth = (Birth)message;
            birth.Born(Context.ActorOf(Props.Create(() => new Child())));
        }
    }

    private sealed class Child : BareChain.Bottom
    {
        private Action? _stopped;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Death death:
                    throw new DeathException(death.Restarted);
                case End end:
                    _stopped = end.Stopped;
                    Context.Stop(Self);
                    break;
                default:
                    base.OnReceive(message);
                    break;
            }
        }

        protected override void PostStop() => _stopped?.Invoke();

        protected override void PostRestart(Exception reason)
        {
            base.PostRestart(reason);
            ((DeathException)reason).Restarted();
        }
    }

    private sealed class DeathException(Action restarted) : Exception("to die")
    {
        public void Restarted() => restarted();
    }
}
