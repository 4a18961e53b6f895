using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Playing;

/// <summary>What must hold at the plug of the target in every case, however it goes.</summary>
internal static class Always
{
    /// <summary>Looks at everything that was seen.</summary>
    public static void Judge(Play play)
    {
        TraceEntry[] trace = play.Trace;
        foreach (TraceEntry entry in trace.Where(entry => entry.Place == Place.Target))
            if (entry is { Act: Act.Up, Parcel: not null })
                Completion(play, entry);
            else if (entry is { Act: Act.Down, Parcel: not null })
                Request(play, entry);
            else if (entry is { Act: Act.Data, Parcel: not null })
                play.Note("NBL-05", entry.Buffers == 1 && Alone(trace, entry), $"no single list with one NB: {entry}");
        ILookup<OffloadHandle, TraceEntry> connections = trace
            .Where(entry => entry.Place == Place.Target && !entry.Connection.IsNone)
            .ToLookup(entry => entry.Connection);
        foreach (IGrouping<OffloadHandle, TraceEntry> connection in connections)
            AlwaysOnConnection.Judge(play, [.. connection]);
        foreach (TraceEntry entry in trace.Where(entry =>
            entry is { Place: Place.Target, Act: Act.Up, Operation: OffloadOperation.Disconnect }))
            play.Note("DISC-23", Alone(trace, entry), $"came with others: {entry}");
        foreach (Line line in play.Lines)
            OfLine(play, line);
    }

    private static bool Alone(TraceEntry[] trace, TraceEntry entry) =>
        trace.Count(other => other.Message == entry.Message) == 1;

    private static void Completion(Play play, TraceEntry entry)
    {
        play.Note("GEN-08", entry.Status != NdisStatus.Pending, $"has no status: {entry}");
        play.Note("GEN-04", IsOf(entry), $"came by a {entry.Source?.GetType().Name}: {entry}");
        if (entry.Parcel is OffloadBlock)
            return;
        if (entry.Operation == OffloadOperation.Forward)
        {
            play.Note("FWD-08", IsAllowed(entry), $"has a status that it may not have: {entry}");
            play.Note("NBL-10", entry is { Bytes: 0, Advanced: 0 }, $"has a byte count: {entry}");
            return;
        }
        play.Note("NBL-10", entry.Bytes >= 0, $"has no byte count: {entry}");
        play.Note("NBL-11", entry.Bytes == entry.Advanced, $"moved its data by {entry.Advanced}: {entry}");
        (string status, string count, string advance) = entry.Operation switch
        {
            OffloadOperation.Send => ("SEND-04", "SEND-09", "SEND-10"),
            OffloadOperation.Receive => ("RECV-11", "RECV-12", "RECV-13"),
            _ => ("DISC-17", "DISC-20", "DISC-21"),
        };
        play.Note(status, IsAllowed(entry), $"has a status that it may not have: {entry}");
        play.Note(count, entry.Bytes >= 0 && entry.Bytes <= entry.Advanced + entry.Length, $"miscounts: {entry}");
        play.Note(advance, entry.Bytes == entry.Advanced, $"moved its data by {entry.Advanced}: {entry}");
        if (entry.Operation == OffloadOperation.Send && entry.Status == NdisStatus.Success)
            play.Note("SEND-03", entry.Length == 0, $"has {entry.Length} bytes left: {entry}");
    }

    private static void Request(Play play, TraceEntry entry)
    {
        switch (entry.Operation)
        {
            case OffloadOperation.Forward:
                play.Note("NBL-04", entry is { Buffers: 1, Length: >= 20 }, $"is no segment: {entry}", Stage.Binding);
                break;
            case OffloadOperation.Send:
                play.Note("NBL-02", entry.Buffers >= 1, $"has no NET_BUFFER: {entry}", Stage.Binding);
                break;
            case OffloadOperation.Receive:
                play.Note("NBL-03", entry.Buffers == 1, $"has {entry.Buffers} NET_BUFFERs: {entry}", Stage.Binding);
                break;
            case OffloadOperation.Disconnect:
                bool one = entry.Buffers == 1 && Alone(play.Trace, entry);
                play.Note("NBL-01", one, $"is not one list with one NET_BUFFER: {entry}", Stage.Binding);
                play.Note("DISC-02", entry.Parcel is NetBufferList, $"has no list: {entry}", Stage.Binding);
                if (entry.Kind == DisconnectKind.Abortive)
                    play.Note("DISC-03", entry.Length == 0, $"carries data: {entry}", Stage.Binding);
                break;
            default:
                break;
        }
    }

    private static void OfLine(Play play, Line line)
    {
        if (line.Peer.Received > 0)
            play.Note("SEND-01", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
        if (line.Taken > 0)
            play.Note("DLV-16", line.Wrong is null, $"at the host {line.Wrong}");
        if (line.Back > 0)
        {
            int touched = line.Touched;
            play.Note("GEN-06", touched == 0, $"{touched} buffers changed after they were given back");
        }
        TraceEntry[] trace = line.Handle.IsNone ? [] : [.. line.Trace];
        bool asked = trace.Any(entry => entry is
        {
            Place: Place.Above, Operation: OffloadOperation.Disconnect, Kind: DisconnectKind.Abortive,
        });
        if (trace.Length > 0 && !asked && !play.Stage.IsRemoved)
            play.Note("DISC-06", !line.Peer.SawReset, "the peer was sent a RST that nobody had asked for");
    }

    private static bool IsOf(TraceEntry entry) => entry.Operation switch
    {
        OffloadOperation.Initiate => entry.Source is InitiateOffloadComplete,
        OffloadOperation.Terminate => entry.Source is TerminateOffloadComplete,
        OffloadOperation.Query => entry.Source is QueryOffloadComplete,
        OffloadOperation.Update => entry.Source is UpdateOffloadComplete,
        OffloadOperation.Invalidate => entry.Source is InvalidateOffloadComplete,
        OffloadOperation.Send => entry.Source is TcpOffloadSendComplete,
        OffloadOperation.Receive => entry.Source is TcpOffloadReceiveComplete,
        OffloadOperation.Disconnect => entry.Source is TcpOffloadDisconnectComplete,
        OffloadOperation.Forward => entry.Source is TcpOffloadForwardComplete,
        _ => false,
    };

    private static bool IsAllowed(TraceEntry entry) => entry.Status switch
    {
        NdisStatus.Success or NdisStatus.RequestAborted or NdisStatus.UploadInProgress => true,
        NdisStatus.InvalidState => entry.Operation is OffloadOperation.Send or OffloadOperation.Receive,
        _ => false,
    };
}
