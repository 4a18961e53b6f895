namespace ChimneyActors.Mutants.Tests;

/// <summary>Mutants of what all drivers share that no seed finds. Each says why it may live,
/// and which of the specs without a stack finds it, if one does.</summary>
internal static partial class MutantList
{
    private static readonly Mutant[] HolesBelow =
    [
        new Mutant("The memory of a lost adapter is not marked", "Supervision/Custodian.cs",
            "parcel.IsQuarantined = true;",
            "",
            "an adapter that was given up on writes into somebody else's data")
            .Lives("A seed below 2,000 showed it until adapters were led through their lives; it needs a connection "
                + "that is given up, and another that goes on long enough to use the same list."),
        new Mutant("Quarantined memory is used again", "Supervision/Landing.cs",
            "parcel.IsQuarantined",
            "parcel.IsQuarantined && parcel is OffloadBlock",
            "an adapter that was given up on writes into somebody else's data")
            .Lives("A seed below 2,000 showed it until adapters were led through their lives; it needs a connection "
                + "that is given up, and another that goes on long enough to use the same list."),
        new Mutant("What was asked of an adapter is not audited", "Supervision/Auditor.cs",
            "foreach (OidBlock block in stack.Oids.Keys.OrderBy(block => block.Id)) Land(stack, block);",
            "",
            "an OID request is not answered when the stack ends")
            .Lives("The seeded world asks adapters nothing; OidSpecs do, with real threads."),
        new Mutant("A holder is asked whatever the flight", "Buffers/Custody.cs",
            "word == Pack(state, flight, holder)",
            "HolderOf(word) == holder",
            "a doubled message of an earlier journey is taken for the present one")
            .Lives("No driver doubles a message here, only the target a completion, and that meets the gate "
                + "first; FlightSpecs.A_holder_has_a_parcel_for_one_journey_at_a_time."),
        new Mutant("A member goes the way of the head", "Buffers/ContextFrames.cs",
            "if (!ReferenceEquals(_top, from)) return false;",
            "",
            "what comes home with the lists of others goes to their owner")
            .Lives("No chain here mixes owners; "
                + "SharedIntermediateSpecs.A_completion_that_mixes_owners_is_split_in_unchanged_order."),
        new Mutant("A journey is still brought home from before", "Buffers/Flight.cs",
            "parcel.BroughtHome = false;",
            "",
            "a refusal of the host is taken for one that never reached him")
            .Lives("Equivalent: a list is cleared when it is returned, and a block makes one journey; "
                + "FlightSpecs.A_chain_departs_on_one_new_journey_that_its_sender_holds."),
        new Mutant("A chain that was told is told again", "Ndis/OffloadCompletion.cs",
            "this = default;",
            "",
            "what is added next goes home with what has left already")
            .Lives("Needs a dead driver's chain with several owners; no chain here mixes owners; "
                + "CustodianSpecs.A_chain_of_a_dead_driver_goes_to_each_owner_in_runs."),
        new Mutant("What the target may have is completed", "Supervision/Custodian.cs",
            "parcel.Custody.Holder != dead",
            "parcel.Custody.Holder != dead && parcel.Custody.Holder == HolderId.None",
            "the custodian takes what a living driver holds")
            .Lives("Only another thread can take what is parked before the sweep does; "
                + "CustodianSpecs.A_sweep_takes_only_what_the_dead_was_holding."),
        new Mutant("A swept parcel stays parked", "Supervision/Custodian.cs",
            "if (!Relieve(parcel, entry.Holder)) continue; home.Add(parcel);",
            "Relieve(parcel, entry.Holder); home.Add(parcel);",
            "what somebody else has is carried home, too")
            .Lives("Only another thread can take what is parked before the sweep does; "
                + "CustodianSpecs.A_sweep_takes_only_what_the_dead_was_holding."),
        new Mutant("A good connection is refused as an aborted one", "Supervision/Custodian.cs",
            "remains.Socket is not null && !stack.Stopping",
            "remains.Socket is null && !stack.Stopping",
            "the host throws a good connection away")
            .Lives("The checker excuses every status of a failure once a driver has died; "
                + "CustodianSpecs.What_the_peer_did_not_acknowledge_can_be_sent_again_if_the_connection_is_good."),
        new Mutant("A run home goes to its first owner", "Supervision/Custodian.cs",
            "!run.IsEmpty && (to != runTo || alone)",
            "!run.IsEmpty && alone",
            "what belongs to another driver goes the wrong way")
            .Lives("No chain here mixes owners; "
                + "CustodianSpecs.A_chain_of_a_dead_driver_goes_to_each_owner_in_runs."),
        new Mutant("A severed connection is still being severed", "Supervision/Custodian.cs",
            "entry.SeverSince = 0; entry.OldestSince = 0;",
            "entry.OldestSince = 0;",
            "the watch gives up on a target that has let go")
            .Lives("Equivalent: a second sweep finds nothing, and the first remains stay; "
                + "CustodianSpecs.After_a_sweep_nobody_waits_for_the_target_any_more."),
        new Mutant("The FIN is not said again behind late bytes", "Supervision/Custodian.cs",
            "if (entry?.SaidDisconnect is { } fin) SayAgain(fin);",
            "",
            "the host is not told that the peer has closed")
            .Lives("Whoever misses a FIN and takes his connection back hears of it there; nobody checks that "
                + "it was told; CustodianSpecs.A_fin_is_said_again_behind_the_last_bytes_in_front_of_it."),
        new Mutant("A chain is told though custody was not won", "Supervision/Edge.cs",
            "if (!flight.TryPass(from, now.Holder)) return PassResult.NotYours;",
            "flight.TryPass(from, now.Holder);",
            "whoever was relieved hands on what is not his")
            .Lives("Only another thread can relieve a holder inside a handler; "
                + "EdgeSpecs.Whoever_was_relieved_hands_nothing_on."),
        new Mutant("The middle of the park is not closed", "Supervision/Holdings.cs",
            "parcel.ParkedPrevious.ParkedNext = parcel.ParkedNext;",
            "",
            "the parcel in front still leads to one that is gone")
            .Lives("Targets complete in order, so that nothing goes from the middle; "
                + "HoldingsSpecs.They_are_lists_in_the_order_of_parking."),
        new Mutant("Part of a split chain is not held", "Supervision/DriverActor.cs",
            "first.Custody.Set(CustodyState.Completed, first.Custody.Flight, me);",
            "",
            "what is cut off has no holder and cannot be passed")
            .Lives("No chain here mixes owners."),
        new Mutant("A dead driver's mailbox stays open", "Supervision/Inbox.cs",
            "_deadLetters = deadLetters;",
            "",
            "what is put in later stays in")
            .Lives("Needs a thread that puts a letter in while another one empties the mailbox."),
        new Mutant("A watermark may go back", "Supervision/ConnectionEntry.cs",
            "through > AcceptedThrough",
            "through >= 0",
            "an old answer makes data unaccepted again")
            .Lives("Watermarks come by one way, in order; "
                + "ConnectionEntrySpecs.What_was_accepted_is_never_taken_back."),
        new Mutant("The layer above is the topmost", "Supervision/ConnectionEntry.cs",
            "way.Drivers[index - 1]",
            "way.Drivers[0]",
            "indications pass over the drivers between")
            .Lives("Nobody counts the layers that an indication passed on its way up; "
                + "ConnectionEntrySpecs.Every_layer_has_its_neighbours."),
        new Mutant("A driver is never started again", "Supervision/RestartBudget.cs",
            "_starts.Count == 1",
            "_starts.Count < 0",
            "the first start waits as long as a later one")
            .Lives("Nobody measures how long a driver waits for its start; "
                + "RestartBudgetSpecs.A_refused_start_uses_nothing_up."),
        new Mutant("Data behind a hole is handed on", "Supervision/UndeliveredData.cs",
            "if (skip < 0) break;",
            "skip = Math.Max(skip, 0);",
            "the stream goes on with a part of it missing")
            .Lives("Needs a target that keeps pieces with a hole between them; "
                + "UndeliveredDataSpecs.A_copy_is_kept."),
        new Mutant("The last piece of data is kept, not the longest", "Supervision/UndeliveredData.cs",
            "data.Length > (_pieces.TryGetValue(offset, out byte[]? there) ? there.Length : 0)",
            "data.Length > 0",
            "the end of a longer piece is lost")
            .Lives("Needs a target that keeps two pieces of one place; "
                + "UndeliveredDataSpecs.A_shorter_piece_takes_nothing_from_a_longer_one_at_the_same_place."),
        new Mutant("The auditor takes what the host has", "Supervision/Auditor.cs",
            "list.Custody.Holder != stack.Lender",
            "list.Custody.Holder != HolderId.None",
            "lent memory is back in its pool while the host reads it")
            .Lives("No host here keeps lent data beyond the end of a stack that is audited; "
                + "AuditorSpecs.What_the_host_has_stays_his_until_he_returns_it."),
        new Mutant("A redirected watermark is not written down", "Supervision/Custodian.cs",
            "entry.AcceptThrough(accepted.Through);",
            "",
            "data that the host has is given to him again")
            .Lives("Second line: what is returned counts as accepted, and whoever took data returns it."),
        new Mutant("Events to the dead are forgotten", "Supervision/Custodian.cs",
            "SayAgain(said); break;",
            "break;",
            "the host is not told of a FIN, an abort or an upload wish")
            .Lives("Seed 2,158 is the first that finds it."),
        new Mutant("Posted receives do not count as parked", "Supervision/ConnectionEntry.cs",
            "_receives is { Count: > 0 }",
            "_sends is { Count: > 0 }",
            "a receive that the target forgot is never old")
            .Lives("Seed 2,964 is the first that finds it."),
    ];
}
