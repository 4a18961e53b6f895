using Akka.Actor;
using Akka.Configuration;

namespace ChimneyActors.TestKit;

/// <summary>One actor system for many seeds: its actors run on the caller's thread, its time is virtual.</summary>
internal sealed class SeededSystem : IDisposable
{
    private const int QuietLooks = 20;

    private static readonly Config Settings = ConfigurationFactory.ParseString(
        """
        akka {
          loggers = []
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          scheduler.implementation = "ChimneyActors.TestKit.SeededScheduler, ChimneyActors.TestKit"
          actor {
            default-dispatcher {
              type = "ChimneyActors.TestKit.SeededDispatcherConfigurator, ChimneyActors.TestKit"
              throughput = 1
            }
            internal-dispatcher {
              type = "ChimneyActors.TestKit.SeededDispatcherConfigurator, ChimneyActors.TestKit"
              throughput = 1
            }
          }
        }
        chimney.run-to-completion {
          type = "ChimneyActors.TestKit.SeededDispatcherConfigurator, ChimneyActors.TestKit"
          throughput = 1
        }
        """);

    public SeededSystem(Config? host = null)
    {
        Config given = host is null ? Settings : Settings.WithFallback(host);
        System = ActorSystem.Create("seeded", given.WithFallback(Embedding.ChimneySettings.Reference()));
        var scheduler = (SeededScheduler)System.Scheduler;
        Loop = scheduler.Loop;
        Clock = scheduler.Clock;
        // Start-up works on threads of its own; a seed that began before their end would not be repeatable.
        var spin = default(SpinWait);
        for (int quiet = 0; quiet < QuietLooks; quiet = Loop.IsQuiet ? quiet + 1 : 0)
            spin.SpinOnce();
        Loop.Take();
    }

    /// <summary>The actor system.</summary>
    public ActorSystem System { get; }

    /// <summary>What can run.</summary>
    public SeededLoop Loop { get; }

    /// <summary>Its time.</summary>
    public SeededClock Clock { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Who would go on for ever would do so on the thread pool, too.
        if (Loop.Count > 0)
        {
            Loop.Abandon();
            return;
        }
        Loop.Free();
        System.Terminate();
    }
}
