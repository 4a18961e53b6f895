using System.Runtime.InteropServices;

namespace ChimneyActors.Targets.Kernel;

/// <summary>What is used of <c>struct tcp_info</c> of linux/tcp.h; a kernel that knows less leaves zeros.</summary>
[StructLayout(LayoutKind.Explicit, Size = 248)]
internal struct TcpInfo
{
    private const byte HasTimestamps = 1;
    private const byte HasSelectiveAck = 2;
    private const byte HasWindowScale = 4;

    [FieldOffset(0)]
    internal byte State;

    [FieldOffset(2)]
    internal byte Retransmits;

    [FieldOffset(3)]
    internal byte Probes;

    [FieldOffset(5)]
    internal byte Options;

    [FieldOffset(6)]
    internal byte WindowScales;

    [FieldOffset(16)]
    internal uint SendMss;

    [FieldOffset(68)]
    internal uint RoundTripMicroseconds;

    [FieldOffset(72)]
    internal uint VariationMicroseconds;

    [FieldOffset(76)]
    internal uint SlowStartThreshold;

    [FieldOffset(80)]
    internal uint CongestionWindow;

    [FieldOffset(100)]
    internal uint Retransmissions;

    [FieldOffset(136)]
    internal uint SegmentsOut;

    [FieldOffset(140)]
    internal uint SegmentsIn;

    [FieldOffset(144)]
    internal uint NotSentBytes;

    [FieldOffset(228)]
    internal uint SendWindow;

    [FieldOffset(232)]
    internal uint ReceiveWindow;

    internal readonly bool Timestamps => (Options & HasTimestamps) != 0;

    internal readonly bool SelectiveAck => (Options & HasSelectiveAck) != 0;

    internal readonly bool WindowScaling => (Options & HasWindowScale) != 0;
}
