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

    private ContextFrame[]? _frames;
    private int _depth;

    /// <summary>How many contexts are on the parcel.</summary>
    public readonly int Depth => _depth;

    /// <summary>The newest frame. The parcel must have one.</summary>
    public readonly ContextFrame Top => _frames![_depth - 1];

    /// <summary>The oldest frame: whose parcel it is.</summary>
    public readonly ContextFrame Bottom => _frames![0];

    /// <summary>Adds a context. The stack builder admits no stack deep enough to overflow it.</summary>
    internal void Push(ContextOwner driver, ContextOwner? answerTo)
    {
        if (_depth == DepthMax)
            throw new ContractViolationException(VerifierCheck.ContextDepth, driver.Name,
                $"more than {DepthMax} contexts on one NET_BUFFER_LIST");
        _frames ??= new ContextFrame[4];
        if (_depth == _frames.Length)
            Array.Resize(ref _frames, DepthMax);
        _frames[_depth++] = new ContextFrame(driver, answerTo);
    }

    /// <summary>Removes and returns the newest context.</summary>
    internal ContextFrame Pop()
    {
        ContextFrame top = _frames![--_depth];
        _frames[_depth] = default;
        return top;
    }

    /// <summary>Whether this driver has a context here.</summary>
    internal readonly bool Contains(ContextOwner driver)
    {
        for (int i = 0; i < _depth; i++)
            if (ReferenceEquals(_frames![i].Driver, driver))
                return true;
        return false;
    }

    internal void Clear()
    {
        if (_depth > 0)
            Array.Clear(_frames!, 0, _depth);
        _depth = 0;
    }

    /// <summary>The drivers that left a context, oldest first. For reports, which may look at a parcel that somebody
    /// else is using right now: then it is a blurred picture, but never an error.</summary>
    public override readonly string ToString()
    {
        ContextFrame[]? frames = _frames;
        int depth = _depth;
        if (frames is null || depth == 0)
            return "none";
        return string.Join('/', frames.Take(depth).Select(frame => ((ContextOwner?)frame.Driver)?.Name ?? "?"));
    }
}
