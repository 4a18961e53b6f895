using ChimneyActors.Embedding;

namespace ChimneyActors.Unit.Support;

/// <summary>A stack with two lists of each kind, and two bindings over one mux.</summary>
public abstract class SmallPoolSpec : StackSpec
{
    internal override string Settings => "chimney.pools { sends-max = 2, receives-max = 2 }";

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0")
        .Binding("other", over: "mux0");
}
