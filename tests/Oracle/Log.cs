using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>Turns what a host heard into observations that can be compared.</summary>
internal sealed class Log(Host host)
{
    private readonly Dictionary<Parcel, (string Name, long Length)> _requests = [];
    private int _seen;      // of what the host heard
    private long _cursor;   // stream offset behind the last byte that the host has
    private long _base;     // stream offset at which this offload began to send
    private long _confirmed;

    /// <summary>Rules that were seen broken.</summary>
    internal List<string> Breaches { get; } = [];

    /// <summary>Stream offset up to which completions since <see cref="Begin"/> say that the peer has
    /// acknowledged; null if they say nothing.</summary>
    internal long? Confirmed => _confirmed == 0 ? null : _base + _confirmed;

    /// <summary>Whether more was given to the wire than it holds.</summary>
    internal Func<bool> IsStuck { get; set; } = static () => false;

    /// <summary>A new offload of the connection begins.</summary>
    internal void Begin(long delivered, long accepted)
    {
        _cursor = delivered;
        _base = accepted;
        _confirmed = 0;
    }

    internal void Name(Parcel parcel, string name, long length) => _requests.Add(parcel, (name, length));

    /// <summary>The host takes bytes of which it had said nothing.</summary>
    internal void Take(long bytes) => _cursor += bytes;

    /// <summary>What was heard since the last <see cref="Take()"/>; looks, and changes nothing.</summary>
    internal List<Observation> Look() => Read([], out _, out _);

    /// <summary>The same, and from here on something new begins.</summary>
    internal List<Observation> Take()
    {
        List<Observation> read = Read(Breaches, out _cursor, out long confirmed);
        _confirmed += confirmed;
        _seen = host.All.Length;
        return read;
    }

    private List<Observation> Read(List<string> breaches, out long cursor, out long confirmed)
    {
        var said = new List<Observation>();
        cursor = _cursor;
        confirmed = 0;
        bool isPart = false;
        foreach (Heard heard in host.All.Skip(_seen))
        {
            switch (heard)
            {
                case CameBack { Operation: OffloadOperation.Send or OffloadOperation.Disconnect } back:
                    said.Add(Sent(back, ref isPart, breaches));
                    confirmed += back.Bytes;
                    break;
                case CameBack { Operation: OffloadOperation.Receive } back:
                    Check(Line.DataOf((NetBufferList)back.Parcel), cursor, breaches);
                    said.Add(new Observation(
                        Lane.In, $"{NameOf(back)} {back.Status} from {cursor}", back.Bytes));
                    cursor += back.Bytes;
                    break;
                case CameBack back:
                    said.Add(new Observation(Lane.Out, $"{back.Operation} {back.Status}"));
                    said.Add(new Observation(Lane.In, $"{back.Operation} {back.Status}"));
                    break;
                case DataIndicated data:
                    Check(data.Data, data.Offset, breaches);
                    if (data.Offset != cursor)
                        breaches.Add($"data of {data.Offset} was indicated, and {cursor} was next");
                    Indicated(data, said);
                    cursor += data.Taken;
                    break;
                case EventSaid { Event: var wish } when IsMakingRoom(wish):     // the freedom of lingering (TMR-07)
                    if (!host.All.OfType<CameBack>().Any(IsGoodEnd))
                        breaches.Add("asks to be rid of a connection that is not closed");
                    break;
                case EventSaid { Event.Type: not TcpOffloadEventType.SendBacklogChange } happened:
                    Happened(happened.Event, said);
                    break;
            }
        }

        return said;
    }

    /// <summary>What succeeds or was not begun has a count that is certain; what ended in the middle has its
    /// part.</summary>
    private Observation Sent(CameBack back, ref bool isPart, List<string> breaches)
    {
        long length = _requests[back.Parcel].Length;
        if (back.Bytes > length || (back.Bytes > 0 && isPart))
            breaches.Add($"{NameOf(back)} of {length} says {back.Bytes}");
        isPart |= back.Bytes < length;
        bool isPartOfStuck = back.Status is NdisStatus.RequestAborted or NdisStatus.UploadInProgress && IsStuck();
        return new Observation(
            Lane.Out, $"{NameOf(back)} {back.Status}", back.Bytes, isPartOfStuck ? Freedom.PartOfStuck : null);
    }

    private static void Indicated(DataIndicated data, List<Observation> said)
    {
        bool whole = data.Taken == data.Data.Length;
        Observation? last = said.FindLast(one => one.Lane == Lane.In);
        if (whole && last?.Text == Took(data.Offset))
            said[said.IndexOf(last)] = last with { Text = Took(data.Offset + data.Taken) };
        else if (whole)
            said.Add(new Observation(Lane.In, Took(data.Offset + data.Taken)));
        else if (data.Taken > 0)
            said.Add(new Observation(Lane.In, $"took a part of what came at {data.Offset}:", data.Taken));
        else
            said.Add(new Observation(Lane.In, $"took nothing of what came at {data.Offset}"));
    }

    private static string Took(long through) => $"took all through {through}";

    private static void Happened(TcpOffloadEvent happened, List<Observation> said)
    {
        string text = $"event {happened.Type} {happened.Information}";
        if (happened.Type != TcpOffloadEventType.Disconnect)
            said.Add(new Observation(Lane.Out, text));
        if (happened.Type != TcpOffloadEventType.Retrieve)
            said.Add(new Observation(Lane.In, text, happened.StreamOffset));
    }

    private static bool IsMakingRoom(TcpOffloadEvent wish) =>
        wish is { Type: TcpOffloadEventType.Retrieve, Information: (long)TcpUploadReason.UploadRequested };

    private static bool IsGoodEnd(CameBack back) =>
        back is { Operation: OffloadOperation.Disconnect, Status: NdisStatus.Success };

    private string NameOf(CameBack back) => _requests[back.Parcel].Name;

    private static void Check(ReadOnlySpan<byte> bytes, long offset, List<string> breaches)
    {
        for (int index = 0; index < bytes.Length; index++)
        {
            if (bytes[index] == Pattern.At(offset + index))
                continue;
            breaches.Add($"the host was given a wrong byte at stream offset {offset + index}");
            return;
        }
    }
}
