using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Serve;

/// <summary>What all sessions of a service share.</summary>
/// <param name="Binding">Where connections are offloaded.</param>
/// <param name="IdleMilliseconds">Idle time-out; 0 for never.</param>
/// <param name="LingerMilliseconds">How long a client may take to answer our close.</param>
/// <param name="OnEnded">Told of every session that ended, once.</param>
/// <param name="IsDraining">Whether the service is about to end.</param>
internal sealed record ServiceContext(
    Binding Binding, long IdleMilliseconds, long LingerMilliseconds, Action<ServiceSession, ServiceRecord> OnEnded,
    Func<bool> IsDraining);
