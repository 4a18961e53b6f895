using ChimneyActors.Conformance.Playing;

namespace ChimneyActors.Conformance.Cases;

/// <summary>Every case of the kit.</summary>
internal static class CaseList
{
    /// <summary>All of them, area by area.</summary>
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        .. GeneralCases.All, .. BufferCases.All, .. DisconnectCases.All, .. SendCases.All, .. ReceiveCases.All,
        .. IndicationCases.All, .. ForwardCases.All, .. EventCases.All, .. InitiateCases.All, .. TerminateCases.All,
        .. StateCases.All, .. TreeCases.All, .. PathCases.All, .. NeighborCases.All,
        .. LifeCases.All, .. BindingCases.All, .. StatusCases.All, .. CapabilityCases.All, .. EdgeCases.All,
        .. CounterCases.All, .. PacketCases.All, .. EndCases.All, .. SocketCases.All,
        .. TimerCases.All, .. SegmentCases.All, .. ContextCases.All, .. ParameterCases.All, .. WireCountCases.All,
        .. LateCases.All,
    ];
}
