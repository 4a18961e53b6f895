using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>A scripted target that may keep terminates for itself, and remembers whom it let go.</summary>
internal sealed class KeepingTarget(ScriptedTarget inner) : IOffloadTarget
{
    private readonly Lock _lock = new();
    private readonly List<OffloadHandle> _severed = [];
    private int _kept;

    public bool KeepsTerminates { get; set; }

    public int Kept => Volatile.Read(ref _kept);

    public OffloadHandle[] Severed
    {
        get
        {
            lock (_lock)
                return [.. _severed];
        }
    }

    public OffloadCapabilities Capabilities => inner.Capabilities;

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is TerminateOffload && KeepsTerminates)
            Interlocked.Increment(ref _kept);
        else
            inner.Submit(request, upcalls);
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => inner.Answer(answer, upcalls);

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        lock (_lock)
            _severed.Add(connection);
        inner.Sever(connection, upcalls);
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        KeepsTerminates && parcel.Operation == OffloadOperation.Terminate
            ? RequestProgress.WaitingForPeer
            : inner.Probe(connection, parcel, flight);
}
