using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Playing;

/// <summary>Compares what went into the driver under test with what came out of it, both ways.</summary>
internal static class Journeys
{
    /// <summary>Looks at a case that has ended in good order. Over a death the custodian carries home what it finds:
    /// then nothing is compared.</summary>
    public static void Judge(Play play)
    {
        if (play.Ledger.DriverDeaths > 0)
            return;
        TraceEntry[] trace = play.Trace;
        TraceEntry[] intoIt = Of(trace, Place.Above, Act.Down);
        TraceEntry[] outOfIt = Of(trace, Place.Below, Act.Down);
        TraceEntry[] backIn = Of(trace, Place.Below, Act.Up);
        TraceEntry[] backOut = Of(trace, Place.Above, Act.Up);
        if (intoIt.Length == 0)
            return;
        HashSet<(Parcel?, int)> sentBack = [.. SentBack(outOfIt, backOut)];
        TraceEntry[] taken = [.. intoIt.Where(entry => !sentBack.Contains(entry.Journey))];
        Compare(play, "down", taken, outOfIt);
        Compare(play, "up", backIn, [.. backOut.Where(entry => !sentBack.Contains(entry.Journey))]);
        Once(play, intoIt, backOut);
        Unchanged(play, backIn, backOut);
        LeftAlone(play, intoIt, backOut);
        Disconnects(play, taken, outOfIt, backOut);
        Contexts(play, intoIt, outOfIt, backOut, backIn);
    }

    /// <summary>Without a context a driver passes nothing on and completes it itself (IM-12 to IM-14).</summary>
    private static IEnumerable<(Parcel?, int)> SentBack(TraceEntry[] outOfIt, TraceEntry[] backOut)
    {
        var below = outOfIt.Select(entry => entry.Journey).ToHashSet();
        return backOut
            .Where(entry => entry.Status is NdisStatus.RequestUpload or NdisStatus.UploadRequested
                || entry is { Status: NdisStatus.Resources, Operation: OffloadOperation.Initiate })
            .Select(entry => entry.Journey).Where(journey => !below.Contains(journey));
    }

    private static TraceEntry[] Of(TraceEntry[] trace, Place place, Act act) =>
        [.. trace.Where(entry => entry.Place == place && entry.Act == act)];

    private static void Compare(Play play, string way, TraceEntry[] given, TraceEntry[] passed)
    {
        var before = given.Select(entry => entry.Journey).ToHashSet();
        var after = passed.Select(entry => entry.Journey).ToHashSet();
        TraceEntry? kept = given.FirstOrDefault(entry => !after.Contains(entry.Journey));
        TraceEntry? made = passed.FirstOrDefault(entry => !before.Contains(entry.Journey));
        TraceEntry? twice = passed.GroupBy(entry => entry.Journey).FirstOrDefault(same => same.Count() > 1)?.First();
        play.Note("IM-06", kept is null, $"did not pass {way}: {kept}", Stage.Driver);
        play.Note("IM-05", made is null && twice is null, $"passed {way} what it was not given so: {made ?? twice}",
            Stage.Driver);
        play.Note("IM-25", kept is null && made is null, $"of three drivers one lost {kept ?? made}", Stage.Driver);
        foreach (OffloadHandle connection in given.Select(entry => entry.Connection).Distinct())
            InOrder(play, way, [.. given.Where(entry => entry.Connection == connection)],
                [.. passed.Where(entry => entry.Connection == connection)]);
    }

    private static void InOrder(Play play, string way, TraceEntry[] given, TraceEntry[] passed)
    {
        int same = given.Zip(passed).TakeWhile(pair => pair.First.Journey == pair.Second.Journey).Count();
        bool kept = same == Math.Min(given.Length, passed.Length);
        play.Note("IM-24", kept, kept ? "" : $"passed {way} {passed[same]} before {given[same]}", Stage.Driver);
        if (way == "down")
            play.Note("GEN-11", kept, kept ? "" : $"{passed[same]} came before {given[same]}", Stage.Driver);
    }

    private static void Once(Play play, TraceEntry[] asked, TraceEntry[] answered)
    {
        ILookup<(Parcel?, int), TraceEntry> answers = answered.ToLookup(entry => entry.Journey);
        foreach (TraceEntry request in asked)
        {
            int count = answers[request.Journey].Count();
            play.Note("GEN-03", count == 1, $"came back {count} times: {request}");
            if (request.Parcel is OffloadBlock)
                play.Note("IM-10", count == 1, $"its completion came up {count} times: {request}", Stage.Driver);
        }
    }

    private static void Unchanged(Play play, TraceEntry[] given, TraceEntry[] passed)
    {
        var after = passed.GroupBy(entry => entry.Journey).ToDictionary(same => same.Key, same => same.First());
        foreach (TraceEntry one in given)
        {
            if (!after.TryGetValue(one.Journey, out TraceEntry? other))
                continue;
            bool same = one.Status == other.Status && one.Bytes == other.Bytes && one.Advanced == other.Advanced
                && one.Length == other.Length && one.Operation == other.Operation;
            play.Note("IM-27", same, $"came as {one}, went on as {other}", Stage.Driver);
        }
    }

    /// <summary>From the call to the completion: the same list, the same NET_BUFFERs, moved by as much as is said.
    /// </summary>
    private static void LeftAlone(Play play, TraceEntry[] asked, TraceEntry[] answered)
    {
        var before = asked.GroupBy(entry => entry.Journey).ToDictionary(same => same.Key, same => same.First());
        foreach (TraceEntry back in answered)
        {
            if (!before.TryGetValue(back.Journey, out TraceEntry? gone) || back.Parcel is not NetBufferList)
                continue;
            string detail = $"left as {gone}, came back as {back}";
            play.Note("GEN-07", gone.Offset == back.Offset, detail, Stage.Binding);
            play.Note("GEN-10", gone.Buffers == back.Buffers, detail);
            play.Note("GEN-12", ReferenceEquals(gone.Reserved, back.Reserved), detail);
            play.Note("NBL-07", gone.Length == back.Length + back.Advanced, detail);
        }
    }

    private static void Disconnects(Play play, TraceEntry[] intoIt, TraceEntry[] outOfIt, TraceEntry[] backOut)
    {
        foreach (TraceEntry one in intoIt.Where(entry => entry.Operation == OffloadOperation.Disconnect))
        {
            TraceEntry? below = outOfIt.FirstOrDefault(entry => entry.Journey == one.Journey);
            play.Note("DISC-27", below is not null && below.Kind == one.Kind && below.Length == one.Length,
                $"was given {one.Kind} {one}, passed {below?.Kind} {below}", Stage.Driver);
            TraceEntry? back = backOut.FirstOrDefault(entry => entry.Journey == one.Journey);
            play.Note("DISC-28", back?.Operation == OffloadOperation.Disconnect,
                $"did not come back as a disconnect: {one}", Stage.Driver);
        }
    }

    /// <summary>Each of the three drivers leaves one context on the way down and takes it off on the way up.</summary>
    private static void Contexts(
        Play play, TraceEntry[] intoIt, TraceEntry[] outOfIt, TraceEntry[] backOut, TraceEntry[] backIn)
    {
        Dictionary<(Parcel?, int), int> above = Depths(intoIt);
        Dictionary<(Parcel?, int), int> below = Depths(outOfIt);
        foreach (TraceEntry one in outOfIt)
            if (above.TryGetValue(one.Journey, out int depth))
                play.Note("CTX-01", one.Depth == depth + 2, $"left no context of its own: {one}", Stage.Driver);
        foreach (TraceEntry one in backIn)
            if (below.TryGetValue(one.Journey, out int depth))
                play.Note("CTX-07", one.Depth == depth + 1, $"is {one.Depth} deep over {depth}: {one}");
        foreach (TraceEntry one in backOut)
            if (above.TryGetValue(one.Journey, out int depth))
                Freed(play, one, one.Depth == depth + 1);
    }

    private static void Freed(Play play, TraceEntry one, bool freed)
    {
        string detail = $"passed up with a context too many or too few: {one}, {one.Depth} deep";
        play.Note("CTX-05", freed, detail, Stage.Driver);
        play.Note("CTX-09", freed, detail, Stage.Driver);
        if (one.Operation == OffloadOperation.Disconnect)
            play.Note("CTX-02", freed, detail, Stage.Driver);
        else
            play.Note("CTX-03", freed, detail, Stage.Driver);
    }

    private static Dictionary<(Parcel?, int), int> Depths(TraceEntry[] entries) =>
        entries.GroupBy(entry => entry.Journey).ToDictionary(same => same.Key, same => same.First().Depth);
}
