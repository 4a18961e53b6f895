using Akka.Dispatch;

namespace ChimneyActors.TestKit;

/// <summary>Something that can happen now and is no actor's message; picked like one.</summary>
internal sealed class SeededEvent(string name, Action action) : IRunnable
{
    /// <summary>For the trace, and for the order among what else can happen.</summary>
    public string Name => name;

    /// <inheritdoc/>
    public void Run() => action();

    /// <inheritdoc/>
    public void Execute() => action();
}
