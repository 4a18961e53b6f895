using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>What host and peer of one connection do, one after the other.</summary>
/// <param name="Name">A sentence, or the seed.</param>
/// <param name="Small">Whether the wire has as little room for data to the peer as possible.</param>
/// <param name="Steps">Each begins when all is quiet after the one before.</param>
internal sealed record Scenario(string Name, bool Small, IReadOnlyList<Step> Steps)
{
    /// <summary>Whether either side resets the connection.</summary>
    internal bool Resets => Steps.SelectMany(Parts).Any(
        step => step is Step.PeerResets or Step.Disconnect { Kind: DisconnectKind.Abortive });

    public override string ToString() =>
        $"{Name}{(Small ? ", on a small wire" : "")}{Environment.NewLine}"
        + string.Join(Environment.NewLine, Steps.Select((step, index) => $"  {index + 1,2}. {step}"));

    private static Step[] Parts(Step step) => step is Step.AtOnce all ? all.Steps : [step];
}
