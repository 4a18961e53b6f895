namespace ChimneyActors.Mutants.Tests;

/// <summary>Mutants of drivers that no seed finds. Each says why it may live, and which
/// of the specs without a stack finds it, if one does.</summary>
internal static partial class MutantList
{
    private static readonly Mutant[] HolesDrivers =
    [
        new Mutant("Data behind a gap is offered", "Protocols/BindingActor.cs",
            "list.StreamOffset != connection.Received",
            "list.StreamOffset < connection.Received",
            "the host is given the stream with a part missing")
            .Lives("Seldom since hosts share paths: none of the first 2,000 seeds shows it; before, one did."),
        new Mutant("A FIN is let through behind a gap", "Miniports/TcpConnection.cs",
            "list.StreamOffset != NextOffset",
            "list.StreamOffset < NextOffset",
            "the peer takes a torn stream for a whole one")
            .Lives("As with data behind a gap: none of the first 2,000 seeds shows it any more."),
        new Mutant("Lost indications wait behind a terminate", "Miniports/ConnectionActor.cs",
            "if (request is TerminateOffload) SayLostAgain();",
            "",
            "the target waits for their answer, and the terminate for the target")
            .Lives("What was lost is said again by whatever it waits for; no seed gets to this without that."),
        new Mutant("A gap asks for no upload", "Miniports/ConnectionActor.cs",
            "_tcp.HasGap && !_entry.MustUpload",
            "_tcp.HasGap && _entry.MustUpload",
            "the host is not told that only he can mend the stream")
            .Lives("Each host takes its connection back in the end, asked or not."),
        new Mutant("What was indicated is not written down", "Miniports/ConnectionActor.cs",
            "_entry.IndicatedThrough = Math.Max( "
                + "_entry.IndicatedThrough, list.StreamOffset + list.FirstNetBuffer.DataLength);",
            "",
            "a terminate is answered before all data has turned up")
            .Lives("Equivalent while a severed target reports at least what it has indicated, as each here "
                + "does."),
        new Mutant("The FIN is not remembered", "Miniports/ConnectionActor.cs",
            "_entry.SaidDisconnect = said;",
            "",
            "a binding that was dead when it came is never told of it")
            .Lives("Whoever misses a FIN and takes his connection back hears of it there; nobody checks that "
                + "it was told."),
        new Mutant("What the target said changes nothing", "Miniports/ConnectionActor.cs",
            "_tcp.Note(said);",
            "",
            "requests go down to a connection that is over")
            .Lives("The target refuses what goes down to a connection that is over just the same."),
        new Mutant("A completion that went astray is dropped", "Miniports/ConnectionActor.cs",
            "owner.Ref.Tell(message, Self);",
            "",
            "its owner waits for it for ever")
            .Lives("The watch asks the target later, and the connection is mended that way."),
        new Mutant("Only what the target knows is waited for", "Miniports/StrandedConnectionActor.cs",
            "Math.Max(Remains.Positions.Received, entry.IndicatedThrough)",
            "Remains.Positions.Received",
            "the terminate overtakes data that was indicated")
            .Lives("Equivalent while a severed target reports at least what it has indicated, as each here "
                + "does."),
        new Mutant("A stranded connection that answered goes on", "Miniports/StrandedConnectionActor.cs",
            "entry.Ended = true;",
            "",
            "it is stood in for again")
            .Lives("The binding takes the name away as soon as it has the answer."),
        new Mutant("A slow driver is a breach", "Miniports/StrandedConnectionActor.cs",
            "Stack.Clock.GetElapsedTime(entry.OldestSince, Stack.Now) < Stack.Settings.SeverDeadline",
            "Stack.Clock.GetElapsedTime(entry.OldestSince, Stack.Now) < TimeSpan.Zero",
            "a good connection is torn because a driver was slow")
            .Lives("No driver here is slower than the watch."),
        new Mutant("Nobody asks for a forwarded segment", "Miniports/ConnectionActor.cs",
            "Unknown(_entry.FirstForward)",
            "null",
            "who forwarded waits for a completion that was lost")
            .Lives("the last segment of a connection must be lost whose host waits for it: seven are lost in 2,000 "
                + "seeds. TargetBreachSpecs finds it"),
        new Mutant("A terminate does not close the way down", "Miniports/TcpConnection.cs",
            "_uploading = true; return NdisStatus.Pending;",
            "return NdisStatus.Pending;",
            "a request behind it goes to the target")
            .Lives("Second line: the binding lets nothing through behind a terminate; "
                + "LawfulRequestSpecs.Every_request_in_every_state."),
        new Mutant("A send behind the FIN is let through", "Miniports/TcpConnection.cs",
            "_graceful = true;",
            "",
            "the peer gets bytes behind the end of the stream")
            .Lives("Second line: the target refuses it, too; "
                + "LawfulRequestSpecs.Every_request_in_every_state."),
        new Mutant("The gap is closed over", "Miniports/TcpConnection.cs",
            "NextOffset += list.DataLength;",
            "",
            "a second disconnect stands at the place of the first")
            .Lives("Equivalent: behind a FIN nothing is let through, whatever its position; "
                + "TcpConnectionSpecs.Each_request_in_each_state_gets_its_verdict."),
        new Mutant("A watermark goes back up", "Intermediates/IntermediateActor.cs",
            "EntryOf(accepted)?.Below(Edge)",
            "EntryOf(accepted)?.Above(Edge)",
            "the target waits for an answer for ever")
            .Lives("Not understood yet: the binding does not handle it, and yet every run comes to its end; "
                + "IntermediateActorSpecs.A_watermark_goes_down_and_an_event_up."),
        new Mutant("A driver whose adapter is gone is there all the same", "Supervision/Lifecycle/AdapterNode.cs",
            "!IsVirtual || Lowers.Exists(lower => lower.IsThere)",
            "true",
            "a team sends new connections to an adapter that is gone")
            .Lives("They fail, and a death is the excuse; "
                + "SeveralLowersSpecs.A_driver_is_not_there_while_one_that_it_needs_is_not."),
        new Mutant("An indication without a way up is dropped", "Intermediates/IntermediateActor.cs",
            "Stack.Custodian.TakeOver(indication, Me); return;",
            "return;",
            "the list never comes back to its pool")
            .Lives("No seed has an indication under way when the way up is gone."),
        new Mutant("A departed post stays in the queue", "Protocols/BindingActor.cs",
            "if (lane >= 0) queue.Advance(lane, rest);",
            "",
            "it travels twice")
            .Lives("Posts go round in the queue for ever; it fails by the watch.", spins: true),
        new Mutant("Data is offered to a host that leaves", "Protocols/BindingActor.cs",
            "connection.Leaving || connection.Refusing",
            "connection.Refusing",
            "what is left for the terminate is not in one piece")
            .Lives("Second line: a host that leaves refuses it himself."),
        new Mutant("A FIN that came early is never told", "Protocols/BindingActor.cs",
            "if (connection is not null) CheckFin(connection);",
            "",
            "the host waits for more data for ever")
            .Lives("Without a death a FIN never overtakes data, and nobody checks that it was told."),
        new Mutant("An abort leaves others waiting", "Protocols/BindingActor.cs",
            "queue.Refuse(post.Connection, NdisStatus.RequestAborted);",
            "",
            "sends that waited for room are posted behind the abort")
            .Lives("Second line: the connection refuses what comes behind an abort."),
        new Mutant("Indications that are refused whole are lost", "Protocols/BindingActor.cs",
            "list.BroughtHome = again;",
            "",
            "data that came too early is not said again")
            .Lives("The target says it again just as well."),
        new Mutant("Room goes to a dead binding", "Protocols/BindingQueue.cs",
            "if (!binding.Tell(RoomMessage, null)) pool.PassOn();",
            "binding.Tell(RoomMessage, null);",
            "the other binding waits beside a free list")
            .Lives("Needs both bindings to wait for one pool, and one of them to die when room is told; "
                + "PostSpecs.Room_that_a_dead_binding_was_told_of_goes_to_the_next_who_waits."),
        new Mutant("A post in the queue is lost with the binding", "Protocols/BindingQueue.cs",
            "member.IsSafe = true;",
            "",
            "it is answered, and posted all the same")
            .Lives("Needs a death in the very handler that queued it; "
                + "PostSpecs.What_waits_in_the_queue_is_carried_by_the_queue."),
        new Mutant("A waiter that got a list goes on waiting", "Protocols/BindingQueue.cs",
            "rented == missing && ask",
            "rented != missing && ask",
            "it never asks for room again")
            .Lives("Needs a list that comes back between a binding's first look into the pool and its second."),
        new Mutant("A lost post of a chain takes the others along", "Protocols/Post.cs",
            "_posting && Monitor.IsEntered(_connection.PostLock)",
            "_posting && Monitor.IsEntered(_connection.PostLock) && Next is not null",
            "a post is answered while its caller holds his lock")
            .Lives("Needs a post that is lost while another thread still posts it; "
                + "PostSpecs.What_is_lost_while_its_caller_posts_is_answered_when_he_has_left_his_lock."),
        new Mutant("Lost data is said again in any order", "Miniports/ConnectionActor.cs",
            "next.StreamOffset != _entry.AcceptedThrough",
            "next.StreamOffset < _entry.AcceptedThrough",
            "the host refuses it again and again")
            .Lives("A seed of an earlier world found it; no seed up to 2,000 of this one does."),
        new Mutant("What was said between two lives is not heard", "Protocols/BindingActor.cs",
            "if (entry.SaidLast is { } last) Self.Tell(last, Self);",
            "",
            "the host is not told of an abort or an upload wish")
            .Lives("A seed of an earlier world found it; no seed up to 2,000 of this one does."),
    ];
}
