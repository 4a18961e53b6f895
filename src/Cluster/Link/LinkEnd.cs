using ChimneyActors.Cluster.Wire;

namespace ChimneyActors.Cluster.Link;

/// <summary>One side of a link: what is posted here is taken there, each item once and in order, though what carries
/// the frames may lose, double, delay and reorder them. Pure: no thread, no clock, no transport.</summary>
/// <remarks>
/// Items are numbered in the order of posting. They are kept until the other side says that it has taken them; how many
/// may be out is limited in number and bytes. What comes with a gap before it is not kept: the other side is asked to
/// go back. After a silence one frame is said again, and more only when it was heard.
/// </remarks>
internal sealed class LinkEnd
{
    private readonly LinkName _name;
    private readonly LinkSettings _settings;
    private readonly Ring<(Item Item, int Bytes)> _items = new();   // the oldest has the number _acknowledged + 1
    private int _windowItems;
    private long _windowBytes;
    private ulong _acknowledged;        // by the other side
    private ulong _said;                // the highest number that was ever in a frame
    private ulong _next = 1;            // the next number to say; behind _said unless something is said again
    private long _bytesOut;             // of the items from _acknowledged to _said
    private ulong _taken;               // from the other side
    private TimeSpan? _resendAt;
    private TimeSpan _resendAfter;
    private bool _isProbing;            // after a silence: nothing but one frame a silence
    private bool _mayProbe;
    private ulong _gapAt = ulong.MaxValue;
    private bool _sawGap;
    private bool _ackNow;
    private int _owedItems;
    private long _owedBytes;
    private TimeSpan _owedSince;

    /// <summary>One side of a link that begins.</summary>
    public LinkEnd(LinkName name, LinkSettings settings)
    {
        _name = name;
        _settings = settings;
        _windowItems = settings.WindowItems;
        _windowBytes = settings.WindowBytes;
        _resendAfter = settings.ResendAfter;
    }

    /// <summary>Items that the other side has not taken, those that were not said yet included.</summary>
    public int Waiting => _items.Count;

    /// <summary>Bytes that were said and not acknowledged.</summary>
    public long BytesOut => _bytesOut;

    /// <summary>Frames that were said again.</summary>
    public long Resent { get; private set; }

    /// <summary>When <see cref="NextFrame"/> has something if nothing else happens; null for never.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            TimeSpan? ack = _owedItems > 0 || _ackNow ? _owedSince + _settings.AckAfter : null;
            return _resendAt is { } resend && !(ack < resend) ? resend : ack;
        }
    }

    /// <summary>What the other side takes before it acknowledges. No window is wider than our own.</summary>
    public void Limit(Window theirs)
    {
        _windowItems = (int)Math.Clamp(theirs.Items, 1, (uint)_settings.WindowItems);
        _windowBytes = (long)Math.Clamp(theirs.Bytes, 1, (ulong)_settings.WindowBytes);
    }

    /// <summary>Adds an item. It must not change any more.</summary>
    public void Post(Item item) => _items.Enqueue((item, SizeOf(item)));

    /// <summary>What is to be said now; null for nothing. To be called until then after whatever happened.</summary>
    public Frame? NextFrame(TimeSpan now)
    {
        if (_resendAt is { } due && now >= due)
            GoBackAfterSilence(now);
        Frame? frame = null;
        int bytes = 0;
        while (CanSay() && (frame is null
            || (bytes < _settings.FrameBytesMax && frame.Items.Count < _settings.FrameItemsMax)))
        {
            (Item item, int size) = _items[(int)(_next - _acknowledged - 1)];
            if (frame is not null && bytes + size > _settings.FrameBytesMax)
                break;
            frame ??= new Frame { First = _next };
            frame.Items.Add(item);
            bytes += size;
            NoteSaid(size);
        }

        if (frame is null && !MustAcknowledge(now))
            return null;
        if (frame is not null)
        {
            _mayProbe = false;
            _resendAt ??= now + _resendAfter;
        }

        return Seal(frame ?? new Frame());
    }

    /// <summary>Takes a frame of this link.</summary>
    /// <param name="frame">As it came.</param>
    /// <param name="now">The time.</param>
    /// <param name="take">Is given each item that is new, in order.</param>
    /// <exception cref="LinkException">The other side broke the protocol.</exception>
    public void Receive(Frame frame, TimeSpan now, Action<Item> take)
    {
        Acknowledge(frame, now);
        if (frame.Items.Count == 0)
            return;
        if (frame.First == 0)
            throw new LinkException("items without a number");
        if (_owedItems == 0 && !_ackNow)
            _owedSince = now;
        if (frame.First > _taken + 1)
        {
            _sawGap = true;
            _ackNow = true;
            return;
        }

        _ackNow |= frame.First + (ulong)frame.Items.Count - 1 <= _taken;   // said again: our word was lost
        for (int place = (int)(_taken + 1 - frame.First); place < frame.Items.Count; place++)
        {
            Item item = frame.Items[place];
            _taken++;
            _owedItems++;
            _owedBytes += SizeOf(item);
            take(item);
        }
    }

    private void Acknowledge(Frame frame, TimeSpan now)
    {
        if (frame.Taken > _said)
            throw new LinkException($"{frame.Taken} acknowledged, {_said} said");
        if (frame.Taken > _acknowledged)
        {
            for (; _acknowledged < frame.Taken; _acknowledged++)
                _bytesOut -= _items.Dequeue().Bytes;
            _next = Math.Max(_next, _acknowledged + 1);
            _isProbing = false;
            _resendAfter = _settings.ResendAfter;
            _resendAt = _said > _acknowledged ? now + _resendAfter : null;
        }

        // Once for each place: the frames that follow a lost one all tell of the same gap.
        if (!frame.Gap || frame.Taken != _acknowledged || _gapAt == _acknowledged || _said == _acknowledged)
            return;
        _gapAt = _acknowledged;
        GoBack();
    }

    private void GoBackAfterSilence(TimeSpan now)
    {
        GoBack();
        _isProbing = true;
        _mayProbe = true;
        _resendAfter = TimeSpan.FromTicks(Math.Min(_resendAfter.Ticks * 2, _settings.ResendMax.Ticks));
        _resendAt = now + _resendAfter;
    }

    private void GoBack()
    {
        _next = _acknowledged + 1;
        Resent++;
    }

    private bool CanSay()
    {
        bool exists = _next <= _acknowledged + (ulong)_items.Count;
        return exists && (!_isProbing || _mayProbe) && (_next <= _said || HasRoom(_next));
    }

    private bool HasRoom(ulong number)
    {
        ulong place = number - _acknowledged - 1;
        return _bytesOut == 0 || (place < (ulong)_windowItems && _bytesOut + _items[(int)place].Bytes <= _windowBytes);
    }

    private void NoteSaid(int bytes)
    {
        if (_next > _said)
        {
            _said = _next;
            _bytesOut += bytes;
        }

        _next++;
    }

    private bool MustAcknowledge(TimeSpan now) => _ackNow
        || (_owedItems > 0 && (now >= _owedSince + _settings.AckAfter
            || _owedItems >= _settings.WindowItems / 4 || _owedBytes >= _settings.WindowBytes / 4));

    private Frame Seal(Frame frame)
    {
        frame.Host = _name.Host;
        frame.Epoch = _name.Epoch;
        frame.Taken = _taken;
        frame.Gap = _sawGap;
        (_sawGap, _ackNow, _owedItems, _owedBytes) = (false, false, 0, 0);
        return frame;
    }

    /// <summary>Its bytes in a frame, about: of a small one as if it were larger, because it costs more than its
    /// bytes.</summary>
    private static int SizeOf(Item item) => 64 + item.KindCase switch
    {
        Item.KindOneofCase.Data => item.Data.Length,
        Item.KindOneofCase.Received => item.Received.Length,
        _ => 0,
    };
}
