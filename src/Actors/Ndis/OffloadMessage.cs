using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Whatever drivers tell one another.</summary>
/// <remarks>
/// The two marks are all that this folder takes from Akka, and both are needed for the promise: with a host's
/// <c>serialize-messages = on</c> a throwing serializer makes a tell lose the message without a dead letter, and the
/// host's log is spared the dead letters that the custodian takes anyway.
/// </remarks>
/// <param name="Connection">The connection concerned; none while it is being initiated.</param>
public abstract record OffloadMessage(OffloadHandle Connection)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>A request on its way down. Exactly one completion answers each parcel of its flight.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Flight">What the request carries.</param>
public abstract record OffloadRequest(OffloadHandle Connection, Flight Flight) : OffloadMessage(Connection);

/// <summary>Something said upward without being asked.</summary>
/// <param name="Connection">The connection.</param>
public abstract record OffloadIndication(OffloadHandle Connection) : OffloadMessage(Connection);
