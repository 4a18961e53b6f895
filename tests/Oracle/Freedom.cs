namespace ChimneyActors.Oracle;

/// <summary>In what two targets may lawfully differ. Everything else is a failure.</summary>
/// <remarks>A number that is excused is still held against its bounds in its own run: see the breaches of an
/// <see cref="Outcome"/>. Three more freedoms are in the shape of the observations: how received data is cut into
/// indications and completions into messages, when which backlog is named, and in what order the two halves
/// speak.</remarks>
internal sealed record Freedom(string Name, string Why)
{
    /// <summary>A send or disconnect that was stuck when the connection ended.</summary>
    internal static readonly Freedom PartOfStuck = new("part of what was stuck",
        "how much a full wire holds is the wire's; the count is at most what the peer has");

    /// <summary>Where a stream stands when the connection ended while a send was stuck.</summary>
    internal static readonly Freedom PlaceOfStuck = new("place in what was stuck",
        "how much a full wire holds is the wire's; acknowledged is at most accepted, and what is accepted arrives");

    /// <summary>What the peer of a connection that was aborted finds in its buffer.</summary>
    internal static readonly Freedom BehindTheReset = new("overtaken by the reset",
        "what was under way when the RST came may be lost; at least what was completed has arrived");

    /// <summary>How much of the peer's stream was taken from the wire and refused by the host.</summary>
    internal static readonly Freedom CutOfRefused = new("cut of what was refused",
        "how large an indication is belongs to the target; what was refused comes back as buffered data");

    /// <summary>Whether a connection that both sides have closed is remembered.</summary>
    internal static readonly Freedom Linger = new("linger",
        "Linux keeps TIME_WAIT beside the socket and shows CLOSED; a TCP of our own shows it and asks to be rid of it");
}
