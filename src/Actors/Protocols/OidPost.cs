using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>A control request on its way to the binding, and the promise behind it.</summary>
/// <param name="stack">The stack.</param>
/// <param name="binding">Where it is told.</param>
/// <param name="block">The question.</param>
/// <param name="then">Told of the answer, once, on whatever thread it came.</param>
internal sealed class OidPost(DriverStack stack, Edge binding, OidBlock block, Action<OidBlock> then)
    : Ticket, IBindingCommand
{
    /// <summary>The question.</summary>
    public OidBlock Block => block;

    /// <summary>Who asks.</summary>
    public Edge Binding => binding;

    /// <summary>Whether the block is on its journey, or waits where a death does not lose it.</summary>
    public bool IsSafe { get; set; }

    /// <summary>Tells the binding.</summary>
    public void Tell()
    {
        if (stack.Stopping)
            Lost();
        else
            ((IBindingCommand)this).TellTo(stack, binding);
    }

    /// <inheritdoc/>
    public void Keep(bool isKept) => IsSafe = isKept;

    /// <inheritdoc/>
    public void Lost()
    {
        if (!IsSafe)
            Refuse(NdisStatus.Failure);
    }

    /// <summary>Answers without a journey.</summary>
    public void Refuse(NdisStatus status)
    {
        block.Status = status;
        block.BroughtHome = true;
        TryAnswer(new Landed(OffloadOperation.Oid, status, 0, true, null));
    }

    /// <summary>The runtime answers it (CAP-11).</summary>
    public void Answer(object information)
    {
        block.AnswerNow(information);
        TryAnswer(new Landed(OffloadOperation.Oid, NdisStatus.Success, 0, false, null));
    }

    /// <summary>Sends the block on its journey; from here on custody answers for it.</summary>
    public Flight Depart(HolderId sender)
    {
        block.ProtocolReserved = this;
        stack.Oids[block] = 0;
        stack.Ledger.CountPosted(1);
        IsSafe = true;
        Flight flight = Flight.Depart(block, sender);
        block.Frames.Push(binding, null);
        return flight;
    }

    /// <inheritdoc/>
    protected override void OnAnswered(in Landed landed) => then(block);
}
