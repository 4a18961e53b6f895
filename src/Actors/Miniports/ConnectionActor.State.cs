using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Miniports;

/// <summary>What belongs to state operations alone, to neighbors, and to events.</summary>
internal sealed partial class ConnectionActor
{
    private void Settle(OffloadBlock block)
    {
        _tcp.Note(block);
        Stack.Settle(_entry, block);
    }

    /// <summary>Who owns the object has asked what it may not ask now (V-17).</summary>
    private void ReportNotReady(OffloadRequest request) =>
        Stack.Ledger.Report(VerifierCheck.NotReady, _entry.Top?.Name ?? Edge.Name, request.Flight.Head,
            request.Flight.Id, $"{request.GetType().Name} while another is under way, or behind the end");

    /// <summary>The query is a parcel on its way up: whoever dies, it comes back once, with an answer or
    /// without.</summary>
    private void AskHost(NeighborReachabilityQuery query)
    {
        Stack.Blocks[query.Block] = 0;
        query.Block.Frames.Push(Edge, null);
        Between();
        Pass(_entry.Above(Edge)!, query, query.Flight);
    }

    private void TakeAnswer(NeighborReachabilityAnswer answer)
    {
        Between();
        answer.Block.Frames.Clear();
        Landing.Land(Stack, answer.Flight, Me);
        _target.Answer(answer, _upcalls);
    }

    /// <summary>It is passed on all the same: too often is no harm to whoever hears it.</summary>
    private void CountBacklog()
    {
        if (!(_backlogs ??= new BacklogThrottle()).IsTooMany(Stack.Now, Stack.Clock, out TimeSpan within))
            return;
        Stack.Ledger.Report(new Violation(VerifierCheck.EventStorm, _miniport, _entry.Handle, 0, default,
            $"said the best send backlog of connection {_entry.Handle} {BacklogThrottle.TimesMax + 1} times within "
            + $"{within}: at most {BacklogThrottle.TimesMax} within {BacklogThrottle.Window} are lawful (EVT-17)"));
    }

    /// <summary>A request that the target does not know, and since when that is known.</summary>
    private sealed record Suspicion(Parcel Request, FlightId Flight, long Since)
    {
        public bool IsOf(Parcel request, FlightId flight) => Request == request && Flight == flight;
    }
}
