using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>To a driver: its adapter or its binding takes this step. Answered by one <see cref="LifeEventComplete"/>;
/// a fresh instance of the driver is asked again.</summary>
/// <param name="Step">The step.</param>
/// <param name="Serial">Names the question.</param>
/// <param name="Instance">What is plugged in, for the step of an adapter.</param>
/// <param name="AnswerTo">Who asks.</param>
internal sealed record LifeEvent(LifeStep Step, long Serial, AdapterInstance? Instance, Edge AnswerTo)
    : INoSerializationVerificationNeeded
{
    /// <summary>The driver has done its part.</summary>
    public void Complete(NdisStatus status) => AnswerTo.Tell(new LifeEventComplete(Serial, status), null);
}

/// <summary>A driver has done its part of a step.</summary>
/// <param name="Serial">Of the question.</param>
/// <param name="Status">SUCCESS; an initialise or restart may fail.</param>
internal sealed record LifeEventComplete(long Serial, NdisStatus Status) : INoSerializationVerificationNeeded;

/// <summary>To whoever conducts the life of the adapters: look what can go on.</summary>
internal sealed class LookAtLife : INoSerializationVerificationNeeded
{
    public static readonly LookAtLife Instance = new();
}

/// <summary>To a fresh driver: what its adapters said while nobody was here is still to be heard.</summary>
internal sealed class HearAgain : INoSerializationVerificationNeeded
{
    public static readonly HearAgain Instance = new();
}

/// <summary>To the actor of a connection: its adapter was pulled out.</summary>
internal sealed class AdapterGone : INoSerializationVerificationNeeded
{
    public static readonly AdapterGone Instance = new();
}

/// <summary>To a miniport: initiates that wait for the end of an offload pause, and came through this driver, wait in
/// vain: its binding is being paused, and waits for them (INIT-16).</summary>
/// <param name="Through">The driver.</param>
internal sealed record InitiatesInVain(Edge Through) : INoSerializationVerificationNeeded;

/// <summary>To the root: start this driver again, which has used up its restarts.</summary>
/// <param name="Driver">Which.</param>
internal sealed record Revive(Edge Driver) : INoSerializationVerificationNeeded;
