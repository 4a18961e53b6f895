namespace ChimneyActors.Conformance;

/// <summary>One rule of the contract, as the kit lists it.</summary>
/// <param name="Id">Area and number: <c>DISC-13</c>.</param>
/// <param name="Layers">Who must keep it, the first before all: P protocol, I intermediate, T target,
/// R runtime.</param>
/// <param name="IsMust">Whether it binds; else it is recommended or permitted.</param>
/// <param name="Title">What it demands, in a few words.</param>
public sealed record ConformanceRule(string Id, string Layers, bool IsMust, string Title)
{
    /// <summary>The group of rules it belongs to: <c>DISC</c>.</summary>
    public string Area => Id[..Id.IndexOf('-', StringComparison.Ordinal)];
}

/// <summary>One requirement of the hardware certification of the time, and the rules that stand for it here.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Rules">Ids of rules; none if it has no counterpart.</param>
/// <param name="Remark">What of it these rules show, and what they do not.</param>
public sealed record CertificationRequirement(string Id, IReadOnlyList<string> Rules, string Remark);
