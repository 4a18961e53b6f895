namespace ChimneyActors.Targets.Simulated;

/// <summary>An engine plugged into an end of a wire: its segments go out, the wire's come in.</summary>
internal sealed class WiredEngine
{
    private readonly SimulatedWire _wire;
    private readonly WireEnd _end;
    private readonly Action<TcpEvent> _happened;

    /// <summary>Plugs an engine in.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="wire">The wire, whose time is the engine's.</param>
    /// <param name="end">One of its ends.</param>
    /// <param name="happened">Hears what happens. May ask the engine for more.</param>
    internal WiredEngine(TcpEngine engine, SimulatedWire wire, WireEnd end, Action<TcpEvent> happened)
    {
        Engine = engine;
        _wire = wire;
        _end = end;
        _happened = happened;
        end.Arrived = OnArrived;
    }

    internal TcpEngine Engine { get; }

    /// <summary>Puts something around what is sent; null for nothing.</summary>
    internal Func<Segment, Segment>? Framing { get; init; }

    /// <summary>Passes on what the engine has to say; to be called after it was asked for something.</summary>
    internal void Flush()
    {
        bool said = true;
        while (said)
        {
            said = false;
            while (Engine.TryTakeSegment(out Segment segment))
                _end.Send(Framing is null ? segment : Framing(segment));
            if (Engine.TryTakeEvent(out TcpEvent happened))
            {
                said = true;
                _happened(happened);
            }
        }
    }

    /// <summary>Gives the engine a segment that came another way than over the wire.</summary>
    internal void Take(in Segment segment)
    {
        Engine.OnSegment(segment, _wire.Now);
        Flush();
    }

    /// <summary>Lets the engine do what is due at the wire's present time.</summary>
    internal void Tick()
    {
        if (Engine.NextDue <= _wire.Now)
            Engine.Advance(_wire.Now);
        Flush();
    }

    private void OnArrived(Segment segment) => Take(segment);
}
