using System.Runtime.CompilerServices;

namespace ChimneyActors.Buffers;

/// <summary>Whoever may leave a context on a parcel: a driver, by its lasting name.</summary>
public abstract class ContextOwner
{
    /// <summary>Name in the stack, for example <c>mux0</c>.</summary>
    public abstract string Name { get; }
}

/// <summary>What a driver remembers about one parcel: the NET_BUFFER_LIST_CONTEXT (CTX-01).</summary>
/// <param name="Driver">Who left it.</param>
/// <param name="AnswerTo">The edge that gets the parcel when this driver passes it on (CTX-04).</param>
public readonly record struct ContextFrame(ContextOwner Driver, ContextOwner? AnswerTo);

/// <summary>The way home of a parcel: a stack of context frames, last in first out (CTX-07).</summary>
public struct ContextFrames
{
    /// <summary>Eight layers, the ticket of the protocol and the frame of the connection.</summary>
    public const int DepthMax = 10;

    private Slots _frames;
    private int _depth;

    /// <summary>In the parcel itself: whoever has its cell at hand has these at hand.</summary>
    [InlineArray(DepthMax)]
    private struct Slots
    {
        private ContextFrame _first;
    }

    /// <summary>How many contexts are on the parcel.</summary>
    public readonly int Depth => _depth;

    /// <summary>The newest frame. The parcel must have one.</summary>
    public readonly ContextFrame Top => _frames[_depth - 1];

    /// <summary>The oldest frame: whose parcel it is.</summary>
    public readonly ContextFrame Bottom => _frames[0];

    /// <summary>Adds a context. The stack builder admits no stack deep enough to overflow it.</summary>
    internal void Push(ContextOwner driver, ContextOwner? answerTo)
    {
        if (_depth == DepthMax)
            throw new ContractViolationException(VerifierCheck.ContextDepth, driver.Name,
                $"more than {DepthMax} contexts on one NET_BUFFER_LIST");
        _frames[_depth++] = new ContextFrame(driver, answerTo);
    }

    /// <summary>Removes and returns the newest context.</summary>
    internal ContextFrame Pop()
    {
        ContextFrame top = _frames[--_depth];
        _frames[_depth] = default;
        return top;
    }

    /// <summary>Whether the newest context is this driver's.</summary>
    internal readonly bool IsOnTop(ContextOwner driver) =>
        _depth > 0 && ReferenceEquals(_frames[_depth - 1].Driver, driver);

    /// <summary>Whether this driver has a context here.</summary>
    internal readonly bool Contains(ContextOwner driver)
    {
        for (int i = 0; i < _depth; i++)
            if (ReferenceEquals(_frames[i].Driver, driver))
                return true;
        return false;
    }

    internal void Clear()
    {
        while (_depth > 0)
            _frames[--_depth] = default;
    }

    /// <summary>The drivers that left a context, oldest first. For reports, which may look at a parcel that somebody
    /// else is using right now: then it is a blurred picture, but never an error.</summary>
    public override readonly string ToString()
    {
        Slots frames = _frames;
        int depth = _depth;
        if (depth == 0)
            return "none";
        var names = new string[depth];
        for (int i = 0; i < depth; i++)
            names[i] = ((ContextOwner?)frames[i].Driver)?.Name ?? "?";
        return string.Join('/', names);
    }
}
