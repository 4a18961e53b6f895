using Akka.Configuration;
using Akka.Dispatch;

namespace ChimneyActors.TestKit;

/// <summary>Made by Akka from its configuration: every dispatcher of the system gives its work to one loop.</summary>
internal sealed class SeededDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly SeededDispatcher _dispatcher;

    public SeededDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites)
    {
        SeededLoop loop = ((SeededScheduler)prerequisites.Scheduler).Loop;
        _dispatcher = new SeededDispatcher(this, loop);
    }

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary>A dispatcher that runs nothing: it only queues what its loop picks from.</summary>
internal sealed class SeededDispatcher(MessageDispatcherConfigurator configurator, SeededLoop loop)
    : MessageDispatcher(configurator)
{
    /// <inheritdoc/>
    protected override void ExecuteTask(IRunnable run) => loop.Add(run);

    /// <inheritdoc/>
    protected override void Shutdown()
    {
    }
}
