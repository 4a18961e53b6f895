using ChimneyActors.Buffers;
using ChimneyActors.Protocols;

namespace ChimneyActors.TestKit;

/// <summary>One request of the workload, and how often it was answered.</summary>
internal sealed class WorldPost(SeededHost host, BindingConnection core, OffloadOperation operation, int number)
    : Post(core, operation)
{
    /// <summary>In the order in which the host posted them.</summary>
    public int Number => number;

    /// <summary>How often it was answered.</summary>
    public int Answers { get; private set; }

    /// <summary>For the trace and for reports.</summary>
    public FormattableString What => $"{Operation} {number} at {StreamOffset}+{Memory.Length}";

    /// <inheritdoc/>
    protected override void OnDone(NdisStatus status, long bytes)
    {
        Answers++;
        host.Answered(this, status, bytes);
    }
}
