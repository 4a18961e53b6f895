namespace ChimneyActors.Mutants.Tests;

/// <summary>Mutants of the lives of adapters, of contexts and of the pace of sends that no seed finds. Each says why it
/// may live, and which spec finds it, if one does.</summary>
internal static partial class MutantList
{
    private static readonly Mutant[] HolesLife =
    [
        new Mutant("A binding is closed over its control requests", "Embedding/Conductor.cs",
            "!IsAsking(binding)",
            "true",
            "who asked the adapter waits for ever")
            .Lives("The seeded world asks an adapter only what a binding wants of it, and nobody waits for that; "
                + "OidSpecs.A_binding_is_closed_when_its_control_requests_are_answered."),
        new Mutant("An adapter is halted over its control requests", "Embedding/Conductor.cs",
            "adapter.Oids.Waiting.First is not null",
            "false",
            "who asked it waits for ever")
            .Lives("Second line: the bindings above wait for their own requests before, and the driver answers the "
                + "rest when it hears of the halt."),
        new Mutant("What an adapter was asked goes with it", "Miniports/MiniportActor.Control.cs",
            "End(plugged, block, status);",
            "plugged.Oids.Waiting.Remove(block);",
            "who asked it waits for ever")
            .Lives("The seeded world asks an adapter only what a binding wants of it; "
                + "OidSpecs.After_a_removal_it_is_not_accepted."),
        new Mutant("A pause keeps what the adapter wanted later", "Miniports/MiniportActor.Control.cs",
            "RefuseHeldBack(NdisStatus.Paused);",
            "",
            "who offloads waits for a resume that nobody gives")
            .Lives("The conductor has told the adapter already that they wait in vain; "
                + "MiniportControlSpecs.What_waits_fails_when_there_will_be_no_resume."),
        new Mutant("A paused adapter wants initiates later", "Miniports/MiniportActor.Control.cs",
            "AdapterLifecycle.TakesConnections(now.State)",
            "true",
            "who offloads waits for a resume that nobody gives")
            .Lives("Seldom: an initiate must pass its binding just before both are paused; "
                + "MiniportControlSpecs.What_comes_to_an_adapter_that_is_not_at_work_is_for_its_shelf."),
        new Mutant("An adapter is paused while the host has its data", "Embedding/Conductor.cs",
            "adapter.IsRemoved || !IsLent(adapter)",
            "true",
            "memory of an adapter that is at rest is in somebody's hands")
            .Lives("Nobody looks at the memory of an adapter that is at rest; "
                + "AdapterLifeSpecs.A_pause_waits_for_lent_data_and_says_who_has_it."),
        new Mutant("The host is not told that it has to take back", "Embedding/Conductor.cs",
            "connection.User.TakeBack(why);",
            "",
            "the pause waits for a connection that nobody takes back")
            .Lives("A host there takes his connections back sooner or later, asked or not; "
                + "AdapterLifeSpecs.One_binding_goes_and_comes_while_the_others_work."),
        new Mutant("Connections of who was pulled out live on", "Embedding/Conductor.cs",
            "entry.Edge.Tell(AdapterGone.Instance, null);",
            "",
            "the removal waits for ever")
            .Lives("A host there takes his connections back sooner or later, and then they end; "
                + "AdapterLifeSpecs.Live_connections_of_a_removed_adapter_come_back_alive."),
        new Mutant("Others go to work on who is leaving", "Supervision/Lifecycle/LifeOperation.cs",
            "IsLeaving(step) ? step.Adapter!.Uppers : []",
            "[]",
            "what they offload holds up the pause")
            .Lives("A binding must be bound in the very moment in which its adapter is paused; "
                + "LifeSequenceSpecs.Nobody_above_binds_to_an_adapter_that_is_being_paused_"
                + "though_nothing_is_done_to_him."),
        new Mutant("Contexts do not come back", "Intermediates/ContextBudget.cs",
            "_count -= context.Count;",
            "",
            "a driver that once had all of them sends everything back, for ever")
            .Lives("In a world of few contexts any request may be sent back; "
                + "ContextBudgetSpecs.Every_request_of_data_comes_back_so_and_a_context_is_free_when_its_"
                + "request_is_home."),
        new Mutant("What was on its way when a part was disabled stays", "Embedding/Disabling.cs",
            "_remaining.Names(connection.Socket)",
            "true",
            "connections use what is not there any more")
            .Lives("The seeded world disables nothing; "
                + "DisablingSpecs.Connections_of_every_protocol_are_back_before_it_is_disabled."),
        new Mutant("While a part is disabled new connections are taken", "Embedding/Disabling.cs",
            "adapter.Remaining = remaining;",
            "",
            "connections use what is not there any more")
            .Lives("The seeded world disables nothing; DisablingSpecs.Nothing_uses_what_is_disabled of tests/World."),
        new Mutant("Who waits several times is told as often", "Supervision/EmptyPlaces.cs",
            "told.Add(entry)",
            "told.Add(entry) || true",
            "what a driver is told doubles with each of its deaths")
            .Lives("It is told more than it need be, and nothing else is wrong, until that is too much; "
                + "EmptyPlacesSpecs.Who_waits_twice_is_told_once_and_who_comes_meanwhile_once_more."),
        new Mutant("Who was sent back asks for as much again", "Embedding/ResilientConnection.Answers.cs",
            "_sentBack = Math.Min(_sentBack + 1, SentBackMax);",
            "",
            "a driver without contexts sends it back again, for ever")
            .Lives("The seeded world has no resilient connections; "
                + "ContextBudgetSpecs.Who_was_sent_back_sends_one_at_a_time_and_is_not_sent_back_again."),
        new Mutant("An answer makes no room", "Embedding/ResilientConnection.Answers.cs",
            "posted = PostWaiting();",
            "posted = false;",
            "what waits for room waits for ever")
            .Lives("The seeded world has no resilient connections; "
                + "ResilientPaceSpecs.No_more_than_about_the_backlog_is_outstanding_and_the_rest_follows_in_order."),
        new Mutant("What the wire has is sent again", "Embedding/ResilientConnection.Pace.cs",
            "Math.Clamp(_accepted - request.Offset, 0, request.Data.Length)",
            "0",
            "the peer gets it twice")
            .Lives("The seeded world has no resilient connections; "
                + "ResilientPaceSpecs.What_waits_when_the_connection_is_offloaded_again_is_sent_there."),
        new Mutant("What is answered takes room", "Embedding/ResilientConnection.Pace.cs",
            "_bytesOut -= request.BytesOut; _requestsOut--;",
            "",
            "what waits for room waits for ever")
            .Lives("The seeded world has no resilient connections; "
                + "ResilientPaceSpecs.No_more_than_about_the_backlog_is_outstanding_and_the_rest_follows_in_order."),
        new Mutant("An offload has what the last one was given", "Embedding/ResilientConnection.Pace.cs",
            "foreach (PendingRequest request in _pending) request.BytesOut = PendingRequest.NotOut;",
            "",
            "what the last one lost is never posted again")
            .Lives("The seeded world has no resilient connections; "
                + "ResilientPaceSpecs.What_waits_when_the_connection_is_offloaded_again_is_sent_there."),
        new Mutant("Who was sent back once sends nothing", "Embedding/ResilientConnection.Pace.cs",
            "_requestsOut == 0 || (_bytesOut < _backlog && _sentBack == 0)",
            "_bytesOut < _backlog && _sentBack == 0",
            "it waits for room that no answer makes")
            .Lives("The seeded world has no resilient connections; "
                + "ContextBudgetSpecs.A_resilient_connection_sends_all_of_it_a_little_at_a_time."),
        new Mutant("An initiate goes over a binding that is away", "Intermediates/LowerChoice.cs",
            "BindingLifecycle.Offloads(_bindings[index].State)",
            "true",
            "nobody takes it back for the pause of its adapter")
            .Lives("None of a team may be at work, just then, or a route must lead there, and the seeded world has no "
                + "routes; AwayLowersSpecs.It_fails_while_none_is_at_work_and_goes_down_when_one_is."),
        new Mutant("Who let an initiate through does not hear that it failed", "Intermediates/IntermediateActor.cs",
            "initiate.Flight.Push(Edge); Between(); RefuseHome(initiate, NdisStatus.Failure);",
            "Between(); RefuseHome(initiate, NdisStatus.Failure);",
            "a driver that counts what it let through counts one that there is not")
            .Lives("As before; AwayLowersSpecs.The_driver_that_let_it_through_hears_that_it_failed."),
        new Mutant("What was pulled out keeps its place until it is halted", "Embedding/Conductor.cs",
            "adapter.HasLeft |= adapter.IsRemoved;",
            "",
            "another one in its place waits for the data that a host was lent")
            .Lives("The seeded world asks again until everything is at work; AdapterLifeSpecs.What_is_removed_takes_"
                + "nothing_and_comes_back_though_the_host_still_has_its_data."),
        new Mutant("Another one comes while somebody is bound to the removed", "Embedding/Conductor.cs",
            "adapter.Current.HasLeft",
            "adapter.Current.IsRemoved",
            "the removal closes the bindings of what came")
            .Lives("An initialise must be asked for just before the removal; "
                + "RemovalOrderSpecs.What_was_asked_to_come_before_the_removal_goes_with_it."),
        new Mutant("A second removal takes what came in its place", "Supervision/Lifecycle/LifeOperation.cs",
            "Instance != adapter!.Current",
            "false",
            "the adapter works, and nobody is bound to it")
            .Lives("The seeded world asks again until everything is at work; "
                + "RemovalOrderSpecs.A_second_removal_of_the_same_leaves_alone_what_came_in_its_place."),
        new Mutant("A path on an adapter that was pulled out is linked to", "Embedding/HostNetwork.Trees.cs",
            "foreach (OffloadedObject one in _living) if (one.IsGone) Break(one);",
            "",
            "every offload on it fails until the removed target lets go")
            .Lives("Targets there let go before long, and the removal is excuse enough; "
                + "RemovedPathSpecs.Who_comes_now_has_it_offloaded_anew_though_the_target_does_not_let_go_of_the_old."),
        new Mutant("A path moves to a neighbor on an adapter that was pulled out", "Embedding/HostNetwork.cs",
            "lock (_lock) GiveUpGone();",
            "",
            "it is not moved, or to a neighbor that nothing gets to")
            .Lives("As before; RemovedPathSpecs.A_path_moves_away_from_it_and_to_a_neighbor_that_was_on_it."),
    ];
}
