using Akka.Configuration;
using Akka.Dispatch;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>Made by Akka from <c>chimney.run-to-completion</c>: the executor of the stack's dispatcher.</summary>
internal sealed class RunToCompletionConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <inheritdoc/>
    public override ExecutorService Produce(string id) => new RunToCompletion(id);
}

/// <summary>Runs the mailbox that was just woken next, on the thread that woke it. A message that goes down three
/// drivers and its answer that comes up three then cross no thread.</summary>
internal sealed class RunToCompletion(string id) : ExecutorService(id)
{
    /// <inheritdoc/>
    public override void Execute(IRunnable run) => RunQueue.Execute(run);

    /// <inheritdoc/>
    public override void Shutdown()
    {
        // It owns no thread.
    }
}
