using Akka.Actor;
using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Whatever drivers tell one another.</summary>
/// <remarks>
/// The mark is all that this folder takes from Akka, and the promise needs it: with a host's
/// <c>serialize-messages = on</c> a throwing serializer makes a tell lose the message without a dead letter. Akka's
/// other mark, for dead letters that are not to be logged, must not stand here: it makes Akka forget to whom the
/// message was told, and the custodian would not know whose it was.
/// </remarks>
/// <param name="Connection">The connection concerned; none while it is being initiated.</param>
public abstract record OffloadMessage(OffloadHandle Connection)
    : INoSerializationVerificationNeeded
{
    /// <summary>What it carries; no head if nothing.</summary>
    internal virtual Flight Carried => default;
}

/// <summary>A request on its way down. Exactly one completion answers each parcel of its flight.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Flight">What the request carries.</param>
public abstract record OffloadRequest(OffloadHandle Connection, Flight Flight) : OffloadMessage(Connection)
{
    internal sealed override Flight Carried => Flight;
}

/// <summary>Something said upward without being asked.</summary>
/// <param name="Connection">The connection.</param>
public abstract record OffloadIndication(OffloadHandle Connection) : OffloadMessage(Connection);
