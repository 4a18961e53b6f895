using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Playing;

/// <summary>What must hold on each connection, in the order in which things pass the plug of the target.</summary>
internal static class AlwaysOnConnection
{
    /// <summary>Looks at one connection, from its initiate to its end.</summary>
    public static void Judge(Play play, TraceEntry[] seen)
    {
        Beginning(play, seen);
        InOrder(play, seen, "SEND-12", OffloadOperation.Send, OffloadOperation.Disconnect);
        InOrder(play, seen, "RECV-01", OffloadOperation.Receive);
        OneAtATime(play, seen);
        Events(play, seen);
        Disconnects(play, seen);
        Ending(play, seen);
    }

    private static void Beginning(Play play, TraceEntry[] seen)
    {
        int begun = Array.FindIndex(seen, entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Initiate));
        if (begun < 0)
            return;
        TraceEntry initiate = seen[begun];
        TraceEntry[] before = seen[..begun];
        TraceEntry? early = Array.Find(before, entry =>
            entry.Act == Act.Down && entry.Operation != OffloadOperation.Initiate);
        play.Note("INIT-01", !initiate.Inside, $"completed inside of its request: {initiate}");
        play.Note("INIT-16", early is null, $"asked before the initiate was completed: {early}", Stage.Binding);
        play.Note("SEND-16", early?.Operation != OffloadOperation.Send, $"sent too early: {early}", Stage.Binding);
        play.Note("RECV-23", early?.Operation != OffloadOperation.Receive, $"too early: {early}", Stage.Binding);
        TraceEntry? said = Array.Find(before, entry => entry.Act == Act.Event);
        play.Note("EVT-19", said is null, $"said before the initiate was completed: {said}");
        TraceEntry? data = Array.Find(before, entry => entry.Act == Act.Data);
        play.Note("RIND-09", data is null, $"indicated before the initiate was completed: {data}");
    }

    /// <summary>Requests come back in the order in which they came.</summary>
    private static void InOrder(Play play, TraceEntry[] seen, string rule, params OffloadOperation[] operations)
    {
        var open = new List<TraceEntry>();
        foreach (TraceEntry entry in seen.Where(entry => operations.Contains(entry.Operation)))
            if (entry.Act == Act.Down)
                open.Add(entry);
            else if (entry.Act == Act.Up)
            {
                int place = open.FindIndex(request => request.Journey == entry.Journey);
                if (place < 0)
                    continue;       // completed again, or nobody's: said elsewhere
                play.Note(rule, place == 0, place == 0 ? "" : $"{entry} came before the answer to {open[0]}");
                open.RemoveAt(place);
            }
    }

    private static void OneAtATime(Play play, TraceEntry[] seen)
    {
        TraceEntry? open = null;
        foreach (TraceEntry entry in seen)
            if (entry.Act == Act.Data)
            {
                play.Note("DLV-11", open is null, $"indicated before the answer to {open}: {entry}");
                open = entry;
            }
            else if (entry.Is(Place.Target, Act.Up, OffloadOperation.Receive))
                play.Note("RECV-04", open is null, $"completed before the answer to {open}: {entry}");
            else if (open is not null && Answers(entry, open))
                open = null;
    }

    /// <summary>What was returned was accepted, though the message that says so may come later.</summary>
    private static bool Answers(TraceEntry answer, TraceEntry open) => answer is { Act: Act.Answer, Source: { } source }
        && (source is TcpOffloadReceiveAccepted
            ? answer.Offset >= open.Offset + open.Length
            : answer.Parcel == open.Parcel);

    private static void Events(Play play, TraceEntry[] seen)
    {
        int closes = 0;
        bool aborted = false;
        foreach (TraceEntry entry in seen)
        {
            if (entry.Act == Act.Data)
            {
                play.Note("EVT-22", closes == 0, $"indicated after the end of the stream: {entry}");
                play.Note("RIND-17", !aborted, $"indicated after an abort: {entry}");
            }
            if (entry.Said is not { } said)
                continue;
            play.Note("EVT-01", seen.Any(other => other.Operation == OffloadOperation.Initiate),
                $"said of a connection that is not offloaded: {entry}");
            if (said.Type is not (TcpOffloadEventType.Disconnect or TcpOffloadEventType.Abort))
                continue;
            play.Note("EVT-18", said.Information == 0, $"carries information: {entry}");
            if (said.Type == TcpOffloadEventType.Disconnect)
                play.Note("EVT-22", closes++ == 0 && !aborted, $"said again, or after an abort: {entry}");
            else
                aborted = true;
        }
    }

    private static void Disconnects(Play play, TraceEntry[] seen)
    {
        foreach (TraceEntry request in seen.Where(entry =>
            entry.Is(Place.Target, Act.Down, OffloadOperation.Disconnect)))
        {
            TraceEntry[] ends = [.. seen.Where(entry => entry.Act == Act.Up && entry.Journey == request.Journey)];
            if (ends.Length > 0)
                play.Note("DISC-24", ends.Length == 1 && !ends[0].Inside,
                    $"completed {ends.Length} times, or inside of its request: {ends[^1]}");
            if (ends.Length > 0 && request.Kind == DisconnectKind.Abortive)
                play.Note("DISC-22", ends[0] is { Bytes: 0, Advanced: 0 }, $"has a byte count: {ends[0]}");
        }
    }

    private static void Ending(Play play, TraceEntry[] seen)
    {
        int asked = Array.FindIndex(seen, entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate));
        int ended = Array.FindIndex(seen, entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Terminate));
        if (asked < 0 || ended < 0)
            return;
        TraceEntry? late = Array.Find(seen[(asked + 1)..], entry => entry.Act == Act.Down);
        play.Note("TERM-04", late is null, $"asked after the terminate: {late}", Stage.Binding);
        play.Note("SEND-17", late is null, $"asked after the terminate: {late}", Stage.Binding);
        TraceEntry[] before = seen[..ended];
        var back = before.Where(entry => entry.Act == Act.Up).Select(entry => entry.Journey).ToHashSet();
        TraceEntry? open = Array.Find(before, entry => entry.Act == Act.Down
            && entry.Operation != OffloadOperation.Terminate && !back.Contains(entry.Journey));
        play.Note("TERM-05", open is null, $"not completed before the terminate was: {open}");
        play.Note("TERM-28", open is null, $"not completed before the terminate was: {open}");
        int data = Array.FindLastIndex(before, entry => entry.Act == Act.Data);
        bool answered = data < 0 || before[data..].Any(entry => entry.Act == Act.Answer);
        play.Note("TERM-06", answered, "an indication was not answered when the terminate was completed");
        TraceEntry? after = Array.Find(seen[(ended + 1)..], entry => entry.Act is Act.Up or Act.Data or Act.Event);
        play.Note("TERM-21", after is null, $"came after the terminate was completed: {after}");
    }
}
