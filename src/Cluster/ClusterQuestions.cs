using Akka.Actor;
using ChimneyActors.Cluster.Nodes;

namespace ChimneyActors.Cluster;

/// <summary>Lets each node of a cluster ask all of them, itself included, the same thing: what connections they have,
/// for example. One in an actor system.</summary>
public sealed class ClusterQuestions : IAsyncDisposable
{
    private readonly IActorRef _desk;

    private ClusterQuestions(IActorRef desk) => _desk = desk;

    /// <summary>Starts to ask and to answer.</summary>
    /// <param name="system">Made with <see cref="ClusterSettings.Reference"/> as a fallback of its
    /// configuration.</param>
    /// <param name="answer">Answers a question of any node; an exception is an answer too.</param>
    public static ClusterQuestions Start(ActorSystem system, Func<string, Task<string>> answer)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(answer);
        return new ClusterQuestions(
            system.ActorOf(Props.Create(() => new QuestionsActor(answer)), QuestionsActor.Name));
    }

    /// <summary>Asks every member.</summary>
    /// <param name="question">Understood by whoever answers.</param>
    /// <param name="within">Who has not answered by then counts as silent.</param>
    /// <returns>An answer for each member, in the order of their addresses.</returns>
    public Task<IReadOnlyList<NodeAnswer>> AskAllAsync(string question, TimeSpan within)
    {
        var done = new TaskCompletionSource<IReadOnlyList<NodeAnswer>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        _desk.Tell(new AskAll(question, within, done), ActorRefs.NoSender);
        return done.Task;
    }

    /// <summary>Asks and answers no more.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _desk.GracefulStop(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            // The system is over.
        }
    }
}
