using ChimneyActors.Conformance.Playing;

namespace ChimneyActors.Conformance.Cases;

/// <summary>Every case of the kit.</summary>
internal static class CaseList
{
    /// <summary>All of them, area by area.</summary>
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        .. DisconnectCases.All, .. SendCases.All,
    ];
}
