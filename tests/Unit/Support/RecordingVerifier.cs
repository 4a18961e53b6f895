using ChimneyActors.Buffers;

namespace ChimneyActors.Unit.Support;

/// <summary>Keeps the reports of unlawful moves.</summary>
internal sealed class RecordingVerifier : IVerifier
{
    public List<Violation> Reports { get; } = [];

    public void Report(Violation violation)
    {
        lock (Reports)
            Reports.Add(violation);
    }
}
