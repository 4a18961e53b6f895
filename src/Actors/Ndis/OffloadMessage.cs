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
public abstract record OffloadMessage : INoSerializationVerificationNeeded
{
    /// <summary>The connection concerned.</summary>
    public abstract OffloadHandle Connection { get; }

    /// <summary>What it carries; no head if nothing.</summary>
    internal virtual Flight Carried => default;
}

/// <summary>A request on its way down. Exactly one completion answers each parcel of its flight.</summary>
/// <param name="Flight">What the request carries.</param>
public abstract record OffloadRequest(Flight Flight) : OffloadMessage
{
    /// <summary>The connection that the flight is for, as named by its <see cref="InitiateOffloadComplete"/>. True for
    /// as long as the journey lasts: it stands on the parcel, and each request would be larger for it.</summary>
    public sealed override OffloadHandle Connection => Flight.Head.Connection;

    internal sealed override Flight Carried => Flight;
}

/// <summary>Something said upward without being asked.</summary>
/// <param name="Connection">The connection.</param>
public abstract record OffloadIndication(OffloadHandle Connection) : OffloadMessage
{
    /// <summary>The connection.</summary>
    public sealed override OffloadHandle Connection { get; } = Connection;
}
