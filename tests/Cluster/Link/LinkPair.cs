using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Tests.Link;

/// <summary>Two ends of a link and a wire between them that does what the seed says.</summary>
internal sealed class LinkPair
{
    private static readonly LinkName Name = new(7, 1);
    private readonly Random _random;
    private readonly LinkEnd[] _ends;
    private readonly List<(TimeSpan At, int To, Frame Frame)> _wire = [];
    private readonly long[] _posted = new long[2];
    private readonly long[] _taken = new long[2];
    private readonly int _trouble;

    public LinkPair(int seed)
    {
        _random = new Random(seed);
        Settings = new LinkSettings
        {
            WindowItems = _random.Next(1, 40),
            WindowBytes = _random.Next(64, 4000),
            FrameBytesMax = _random.Next(64, 2000),
            FrameItemsMax = _random.Next(1, 20),
        };
        _trouble = _random.Next(60);
        _ends = [new LinkEnd(Name, Settings), new LinkEnd(Name, Settings)];
    }

    public LinkSettings Settings { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Whether the wire still loses, doubles and reorders.</summary>
    public bool IsBad { get; set; } = true;

    public long Posted => _posted.Sum();

    public long Taken => _taken.Sum();

    public int Waiting => _ends.Sum(end => end.Waiting);

    /// <summary>One thing happens.</summary>
    public void Step()
    {
        int side = _random.Next(2);
        if (_random.Next(4) == 0 && IsBad)
            Post(side);
        Say(side);
        if (_wire.Count > 0 && _random.Next(3) > 0)
            Arrive();
        else if (_random.Next(10) == 0)
            Wait();
    }

    /// <summary>Without trouble, until nothing happens any more.</summary>
    public bool Settle()
    {
        IsBad = false;
        for (int left = 100_000; left > 0; left--)
        {
            Say(0);
            Say(1);
            if (_wire.Count > 0)
                Arrive();
            else if (!Wait())
                return true;
        }

        return false;
    }

    private void Post(int side)
    {
        byte[] data = new byte[8 + _random.Next(_random.Next(300))];
        BitConverter.TryWriteBytes(data, _posted[side]++);
        _ends[side].Post(new Item { Number = (ulong)_random.Next(5), Data = ByteString.CopyFrom(data) });
    }

    private void Say(int side)
    {
        while (_ends[side].NextFrame(Now) is { } frame)
        {
            _ends[side].BytesOut.ShouldBeLessThanOrEqualTo(Math.Max(Settings.WindowBytes, 400));
            if (IsBad && _random.Next(100) < _trouble)
                continue;       // lost
            for (int copies = IsBad && _random.Next(100) < _trouble ? 2 : 1; copies > 0; copies--)
                _wire.Add((Now + TimeSpan.FromMilliseconds(_random.Next(IsBad ? 2000 : 5)), 1 - side, Frame.Parser
                    .ParseFrom(frame.ToByteArray())));
        }
    }

    private void Arrive()
    {
        int which = IsBad ? _random.Next(_wire.Count) : _wire.IndexOf(_wire.MinBy(one => one.At));
        (TimeSpan at, int to, Frame frame) = _wire[which];
        _wire.RemoveAt(which);
        Now = at > Now ? at : Now;
        _ends[to].Receive(frame, Now, item =>
            BitConverter.ToInt64(item.Data.Span).ShouldBe(_taken[1 - to]++, "each once, in order"));
    }

    private bool Wait()
    {
        TimeSpan? next = null;
        foreach (LinkEnd end in _ends)
            next = end.NextDue is { } due && !(next < due) ? due : next;
        if (next is null)
            return false;
        Now = next > Now ? next.Value : Now;
        return true;
    }
}
