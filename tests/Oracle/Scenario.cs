namespace ChimneyActors.Oracle;

/// <summary>What host and peer of one connection do, one after the other.</summary>
/// <param name="Name">A sentence, or the seed.</param>
/// <param name="Small">Whether the wire has as little room for data to the peer as possible.</param>
/// <param name="Steps">Each begins when all is quiet after the one before.</param>
internal sealed record Scenario(string Name, bool Small, IReadOnlyList<Step> Steps)
{
    public override string ToString() =>
        $"{Name}{(Small ? ", on a small wire" : "")}{Environment.NewLine}"
        + string.Join(Environment.NewLine, Steps.Select((step, index) => $"  {index + 1,2}. {step}"));
}
