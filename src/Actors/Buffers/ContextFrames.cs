namespace ChimneyActors.Buffers;

/// <summary>Whoever may leave a context on a parcel: a driver, by its lasting name.</summary>
public abstract class ContextOwner
{
    /// <summary>Name in the stack, for example <c>mux0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The way home of a parcel that begins here, made once for all of them.</summary>
    internal ContextNode? Beginning { get; set; }
}

/// <summary>What a driver remembers about one parcel: the NET_BUFFER_LIST_CONTEXT (CTX-01).</summary>
/// <param name="Driver">Who left it.</param>
/// <param name="AnswerTo">The edge that gets the parcel when this driver passes it on (CTX-04).</param>
public readonly record struct ContextFrame(ContextOwner Driver, ContextOwner? AnswerTo);

/// <summary>One frame on top of others. Never changed, so that all parcels that go the same way share it, and a report
/// may read it while its parcel is on its way.</summary>
internal sealed class ContextNode(ContextOwner driver, ContextOwner? answerTo, ContextNode? below)
{
    public ContextOwner Driver => driver;

    public ContextOwner? AnswerTo => answerTo;

    public ContextNode? Below => below;

    public int Depth { get; } = (below?.Depth ?? 0) + 1;

    /// <summary>The frame that was put on this one last; the next parcel very likely gets the same one.</summary>
    public ContextNode? Above { get; set; }
}

/// <summary>The way home of a parcel: a stack of context frames, last in first out (CTX-07).</summary>
/// <remarks>One reference: to leave a context is one store, to free it another, however many layers there
/// are.</remarks>
public struct ContextFrames
{
    /// <summary>Eight layers, the ticket of the protocol and the frame of the connection.</summary>
    public const int DepthMax = 10;

    private ContextNode? _top;

    /// <summary>How many contexts are on the parcel.</summary>
    public readonly int Depth => _top?.Depth ?? 0;

    /// <summary>The way home itself, shared by all parcels that go it; null if there is none.</summary>
    internal readonly ContextNode? Node => _top;

    /// <summary>The newest frame. The parcel must have one.</summary>
    public readonly ContextFrame Top => new(_top!.Driver, _top.AnswerTo);

    /// <summary>The oldest frame: whose parcel it is.</summary>
    public readonly ContextFrame Bottom
    {
        get
        {
            ContextNode node = _top!;
            while (node.Below is { } below)
                node = below;
            return new ContextFrame(node.Driver, node.AnswerTo);
        }
    }

    /// <summary>Whose parcel it is; null if nobody's. For reports: the parcel may be landed while it is looked
    /// at.</summary>
    internal readonly ContextOwner? Owner
    {
        get
        {
            ContextNode? node = _top;
            while (node?.Below is { } below)
                node = below;
            return node?.Driver;
        }
    }

    /// <summary>Whether a driver has left a context on it: it came this way.</summary>
    internal readonly bool Has(ContextOwner driver)
    {
        for (ContextNode? node = _top; node is not null; node = node.Below)
            if (ReferenceEquals(node.Driver, driver))
                return true;
        return false;
    }

    /// <summary>Adds a context. The stack builder admits no stack deep enough to overflow it.</summary>
    internal void Push(ContextOwner driver, ContextOwner? answerTo)
    {
        ContextNode? top = _top;
        ContextNode? known = top is null ? driver.Beginning : top.Above;
        _top = known is not null && ReferenceEquals(known.Driver, driver) && ReferenceEquals(known.AnswerTo, answerTo)
            ? known
            : Add(top, driver, answerTo);
    }

    /// <summary>Takes the step that another parcel of the chain took. False: this one has another way, and took
    /// none.</summary>
    internal bool TryFollow(ContextNode? from, ContextNode? to)
    {
        if (!ReferenceEquals(_top, from))
            return false;
        _top = to;
        return true;
    }

    /// <summary>Removes and returns the newest context.</summary>
    internal ContextFrame Pop()
    {
        ContextNode top = _top!;
        _top = top.Below;
        return new ContextFrame(top.Driver, top.AnswerTo);
    }

    /// <summary>Whether the newest context is this driver's.</summary>
    internal readonly bool IsOnTop(ContextOwner driver) => _top is { } top && ReferenceEquals(top.Driver, driver);

    /// <summary>Whether this driver has a context here.</summary>
    internal readonly bool Contains(ContextOwner driver)
    {
        for (ContextNode? node = _top; node is not null; node = node.Below)
            if (ReferenceEquals(node.Driver, driver))
                return true;
        return false;
    }

    internal void Clear() => _top = null;

    /// <summary>The drivers that left a context, oldest first. For reports, which may look at a parcel that somebody
    /// else is using right now.</summary>
    public override readonly string ToString()
    {
        ContextNode? node = _top;
        if (node is null)
            return "none";
        var names = new string[node.Depth];
        for (int i = names.Length; node is not null; node = node.Below)
            names[--i] = node.Driver.Name;
        return string.Join('/', names);
    }

    // Two drivers that do this at once over the same frame make two nodes; whichever is kept, each parcel has its own.
    private static ContextNode Add(ContextNode? top, ContextOwner driver, ContextOwner? answerTo)
    {
        if (top is { Depth: DepthMax })
            throw new ContractViolationException(VerifierCheck.ContextDepth, driver.Name,
                $"more than {DepthMax} contexts on one NET_BUFFER_LIST");
        var node = new ContextNode(driver, answerTo, top);
        if (top is null)
            driver.Beginning = node;
        else
            top.Above = node;
        return node;
    }
}
