using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>One thing that the host or the peer does. After each the scenario waits until all is quiet.</summary>
internal abstract record Step
{
    /// <summary>Several things, without waiting in between.</summary>
    internal sealed record AtOnce(params Step[] Steps) : Step
    {
        public override string ToString() => $"at once: {string.Join("; ", Steps.AsEnumerable())}";
    }

    /// <summary>The host sends a chain.</summary>
    internal sealed record Send(params int[] Lengths) : Step
    {
        public override string ToString() => $"host sends {string.Join(" + ", Lengths)}";
    }

    /// <summary>The host sends one list whose data lies in pieces.</summary>
    internal sealed record SendPieces(int Length, int Pieces) : Step
    {
        public override string ToString() => $"host sends {Length} in {Pieces} pieces";
    }

    internal sealed record Disconnect(DisconnectKind Kind, int Length = 0) : Step
    {
        public override string ToString() => Kind == DisconnectKind.Abortive
            ? "host aborts"
            : $"host disconnects gracefully with {Length}";
    }

    /// <summary>The host posts space.</summary>
    internal sealed record Receive(bool NoPush, params int[] Lengths) : Step
    {
        public override string ToString() =>
            $"host posts {string.Join(" + ", Lengths)}{(NoPush ? ", not pushed" : "")}";
    }

    /// <summary>How the host answers indications from now on.</summary>
    internal sealed record Answers(Answering How) : Step
    {
        public override string ToString() => $"host will answer {How}";
    }

    /// <summary>The host answers the indication about which it was silent.</summary>
    internal sealed record Speaks(Answering As, Answering Then) : Step
    {
        public override string ToString() => $"host breaks its silence: {As}, then {Then}";
    }

    /// <summary>The host returns the lists that it kept.</summary>
    internal sealed record Returns : Step
    {
        public override string ToString() => "host returns what it kept";
    }

    /// <summary>The host takes the connection back.</summary>
    internal sealed record Upload : Step
    {
        public override string ToString() => "host terminates the offload";
    }

    /// <summary>The host offloads again what it took back.</summary>
    internal sealed record Offload : Step
    {
        public override string ToString() => "host offloads again";
    }

    /// <summary>The connection is severed from the target.</summary>
    internal sealed record Sever : Step
    {
        public override string ToString() => "the target is told to sever";
    }

    internal sealed record PeerSends(int Length) : Step
    {
        public override string ToString() => $"peer sends {Length}";
    }

    internal sealed record PeerFinishes : Step
    {
        public override string ToString() => "peer sends FIN";
    }

    internal sealed record PeerResets : Step
    {
        public override string ToString() => "peer sends RST";
    }

    /// <summary>The peer reads no more.</summary>
    internal sealed record PeerStalls : Step
    {
        public override string ToString() => "peer stops reading";
    }

    /// <summary>The peer reads a little, and no more.</summary>
    internal sealed record PeerReads(int Length) : Step
    {
        public override string ToString() => $"peer reads {Length}";
    }

    /// <summary>The peer reads on.</summary>
    internal sealed record PeerGoesOn : Step
    {
        public override string ToString() => "peer reads on";
    }
}
