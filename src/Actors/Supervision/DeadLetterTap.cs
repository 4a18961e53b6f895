using System.Globalization;
using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision;

/// <summary>Sees every message that reached a dead actor of the stack, on the thread that told it.</summary>
/// <remarks>An actor would miss most of them while its system terminates; a synchronous ref misses none.</remarks>
internal sealed class DeadLetterTap(DriverStack stack, ActorPath root, IActorRefProvider provider) : MinimalActorRef
{
    /// <inheritdoc/>
    public override ActorPath Path { get; } = root / "dead-letters";

    /// <inheritdoc/>
    public override IActorRefProvider Provider => provider;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is AllDeadLetters letter && IsOurs(letter.Recipient.Path)
            && TryHolder(letter.Recipient.Path.Name, out HolderId dead))
            stack.Custodian.TakeOver(letter.Message, dead);
    }

    /// <summary>Actors of a stack are named after their driver and their holder id: <c>mux0-4711</c>.</summary>
    public static string ActorName(string driver, HolderId holder) =>
        string.Create(CultureInfo.InvariantCulture, $"{driver}-{holder.Value}");

    private bool IsOurs(ActorPath path)
    {
        for (ActorPath? at = path; at is not null && at.Depth > 0; at = at.Parent)
            if (at.Equals(root))
                return true;
        return false;
    }

    private static bool TryHolder(string name, out HolderId holder)
    {
        ReadOnlySpan<char> digits = name.AsSpan(name.LastIndexOf('-') + 1);
        bool parsed = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        holder = new HolderId(value);
        return parsed;
    }
}
