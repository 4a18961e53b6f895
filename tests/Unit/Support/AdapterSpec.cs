using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>A stack whose adapter does what the spec says.</summary>
public abstract class AdapterSpec : StackSpec
{
    private readonly List<ScriptedAdapter> _made = [];

    /// <summary>What is plugged in, or was last.</summary>
    private protected ScriptedAdapter Scripted => _made[^1];

    /// <summary>Changes what is plugged in next.</summary>
    private protected Action<ScriptedAdapter> OnMade { get; set; } = _ => { };

    internal Adapter Nic => Chimney.Adapter("nic0");

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Make)
        .Intermediate("mux0", over: "nic0")
        .Binding("tcpip", over: "mux0")
        .Binding("other", over: "nic0");

    private protected ScriptedAdapter Make()
    {
        var made = new ScriptedAdapter(Target);
        _made.Add(made);
        OnMade(made);
        return made;
    }

    internal async Task Done(Task<LifeResult> operation)
    {
        LifeResult result = await Named("operation", operation);
        result.IsDone.ShouldBeTrue($"{result.Status}: {result.WaitsFor}; {string.Join("; ", result.Held)}");
    }

    internal async Task RefusedAsync(NdisStatus status, string binding = "tcpip") =>
        (await Should.ThrowAsync<OffloadException>(() => Chimney.Binding(binding).OffloadAsync(NewSocket())))
            .Status.ShouldBe(status);
}
