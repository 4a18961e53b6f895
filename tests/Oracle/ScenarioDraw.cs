using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>Draws a scenario from a seed, so that what must come of it is certain.</summary>
/// <remarks>It knows roughly where the connection is, and leaves out what a wire may decide: data in several segments
/// where each cut shows, sends whose size alone says whether they fit.</remarks>
internal sealed class ScenarioDraw
{
    /// <summary>More bytes than a small wire and both its ends hold while the peer does not read.</summary>
    internal const int Stuck = 150_000;

    private const int OneSegment = 1_000;
    private readonly Random _random;
    private readonly List<Step> _steps = [];
    private readonly bool _isSmall;
    private Answering _answering = Answering.TakeAndReturn;
    private bool _isStalled;
    private bool _isStuck;
    private bool _hasMoved;         // while it was stuck, and nothing was sent since
    private bool _isSilent;         // an indication waits for its answer
    private bool _isRefused;        // no more is indicated before space is posted
    private bool _isClosed;         // our half
    private bool _peerHasFinished;
    private bool _isDead;
    private bool _isUploading;
    private bool _isAway;           // the host has the connection
    private int _unread;            // bytes of the peer that nobody took
    private int _room;              // posted, and not filled
    private bool _isPushed;         // some of it in push mode
    private int _kept;
    private int _sent;              // while the peer does not read

    private ScenarioDraw(int seed)
    {
        _random = new Random(seed);
        _isSmall = Hits(2);
    }

    internal static Scenario From(int seed)
    {
        var draw = new ScenarioDraw(seed);
        for (int left = 3 + draw._random.Next(12); left > 0; left--)
            draw.Next();
        draw.End();
        return new Scenario($"seed {seed}", draw._isSmall, draw._steps);
    }

    private void Next()
    {
        if (_isAway)
        {
            WhileAway();
            return;
        }

        Action[] possible = _isUploading || _isDead
            ? [Send, Disconnect, Receive, Speak]
            :
            [
                Send, Send, Send, Disconnect, Receive, Receive, PeerSends, PeerSends, PeerSends, Answer, Speak,
                Keep, Return, Stall, Stall, GoOn, Read, Read, Upload, Upload, Finish, Hurry, Hurry,
                Rare(Abort), Rare(Reset),
            ];
        possible[_random.Next(possible.Length)]();
    }

    private Action Rare(Action what) => Hits(3) ? what : Send;

    private void Send()
    {
        if (_isDead || _isUploading || _isClosed || _isStuck)
        {
            // How much of what was stuck is acknowledged is open, and so is whether there is room for a little more.
            bool isFirst = _isStuck && _hasMoved;
            _hasMoved = false;
            Add(new Step.Send([(isFirst ? Stuck : 1) + _random.Next(OneSegment), .. Lengths(3, OneSegment)]));
            return;
        }

        if (!_isStalled)
        {
            int most = Hits(4) ? 60_000 : 2_000;
            Add(Hits(5)
                ? new Step.SendPieces(_random.Next(most), 1 + _random.Next(9))
                : new Step.Send(Lengths(5, most)));
        }
        else if (_isSmall)
        {
            _isStuck = true;
            Add(new Step.Send([Stuck + _random.Next(50_000), .. Lengths(2, 5_000)]));
        }
        else if (_sent < 5)
        {
            _sent++;
            Add(new Step.Send(Lengths(2, OneSegment)));
        }
    }

    private void Disconnect()
    {
        bool isOpen = !_isDead && !_isUploading && !_isClosed;
        _isStuck |= isOpen && _isStalled && _isSmall;
        // Behind what is stuck the FIN must be stuck too: a buffer may have room for a small end, or not.
        int length = isOpen && _isStuck ? Stuck + _random.Next(50_000) : Hits(2) ? 0 : _random.Next(OneSegment);
        Add(new Step.Disconnect(DisconnectKind.Graceful, length));
        _isClosed |= isOpen;
    }

    private void Abort()
    {
        Add(new Step.Disconnect(DisconnectKind.Abortive));
        _isDead = true;
    }

    private void Reset()
    {
        Add(new Step.PeerResets());
        _isDead = true;
    }

    private void Receive()
    {
        bool noPush = Hits(2);
        int[] lengths = Lengths(3, _unread > 0 && Hits(2) ? _unread + 1 : 3_000);
        if (_isDead || _isUploading)
        {
            Add(new Step.Receive(noPush, lengths));
            return;
        }

        // What is left is indicated: whole, or not at all, so that the cut does not matter.
        if (_answering is not (Answering.TakeAndReturn or Answering.Refuse))
            return;
        Add(new Step.Receive(noPush, lengths));
        _room += lengths.Sum();
        _isPushed |= !noPush;
        _isRefused = false;
        if (!_isSilent)
            Deliver();
    }

    private void PeerSends()
    {
        if (_peerHasFinished)
            return;
        bool isCutSeen = _isPushed || _answering != Answering.TakeAndReturn || _isSilent || _isRefused;
        if (_unread > 20_000 || (_answering == Answering.TakeAndKeep && _kept >= 5))
            return;
        PeerSends(1 + _random.Next(isCutSeen ? OneSegment : Hits(3) ? 60_000 : 3_000));
    }

    private void PeerSends(int length)
    {
        Add(new Step.PeerSends(length));
        _unread += length;
        _kept += _answering == Answering.TakeAndKeep ? 1 : 0;
        if (!_isSilent)
            Deliver();
    }

    private void Deliver()
    {
        int placed = Math.Min(_unread, _room);
        _unread -= placed;
        _room -= placed;
        if (placed > 0 && _isPushed)
            _isPushed = _room > 0;
        if (_room > 0 || _unread == 0 || _isRefused)
            return;
        if (_answering is Answering.TakeAndReturn or Answering.TakeAndKeep)
            _unread = 0;
        else
            _isRefused = true;
    }

    private void Answer()
    {
        if (_isSilent)
            return;
        if (_answering != Answering.TakeAndReturn)
        {
            SetAnswer(Answering.TakeAndReturn);
            return;
        }

        if (_unread > 0 || _room > 0 || _peerHasFinished)
        {
            SetAnswer(Answering.Refuse);
            return;
        }

        switch (_random.Next(3))
        {
            case 0: SetAnswer(Answering.Refuse); break;
            case 1:
                SetAnswer(Answering.TakeHalf);
                Add(new Step.PeerSends(1 + _random.Next(OneSegment)));
                _unread = 1;
                _isRefused = true;
                SetAnswer(Hits(2) ? Answering.Refuse : Answering.TakeAndReturn);
                break;
            default:
                SetAnswer(Answering.Silence);
                Add(new Step.PeerSends(1 + _random.Next(OneSegment)));
                _isSilent = true;
                break;
        }
    }

    private void Speak()
    {
        if (!_isSilent)
            return;
        Answering[] all = [Answering.TakeAndReturn, Answering.Refuse, Answering.TakeHalf, Answering.LoseOnTheWay];
        Answering how = all[_random.Next(all.Length)];
        Answering then = how is Answering.TakeHalf or Answering.Refuse ? Answering.Refuse : Answering.TakeAndReturn;
        Add(new Step.Speaks(how, then));
        _answering = then;
        _isSilent = false;
        _unread += how == Answering.TakeAndReturn ? 0 : 1;
        if (_isUploading)
            Uploaded();
        else if (!_isDead)
            Deliver();
    }

    /// <summary>Several at once, where it does not matter what comes first, or the order of asking decides.</summary>
    private void Hurry()
    {
        bool isFree = !_isClosed && !_isStalled;
        bool isOpen = !_peerHasFinished && !_isSilent && !_isRefused && _room == 0
            && _answering == Answering.TakeAndReturn;
        switch (_random.Next(5))
        {
            case 0 when isFree:
                AddAtOnce(SomeSend(), SomeSend(), SomeEnd(), SomeSend(), SomeEnd());
                _isClosed = true;
                break;
            case 1 when isFree && isOpen:
                AddAtOnce(SomeSend(), new Step.PeerSends(1 + _random.Next(20_000)), SomeSend());
                break;
            case 2 when isOpen:
                AddAtOnce(new Step.PeerSends(1 + _random.Next(20_000)), new Step.PeerSends(1), new Step.PeerFinishes());
                _peerHasFinished = true;
                break;
            case 3:
                AddAtOnce(new Step.Disconnect(DisconnectKind.Abortive), SomeSend(), SomeReceive(),
                    new Step.Disconnect(DisconnectKind.Graceful), new Step.Disconnect(DisconnectKind.Abortive));
                _isDead = true;
                break;
            default:
                AddAtOnce(new Step.Upload(), SomeSend(), SomeReceive(), new Step.Disconnect(DisconnectKind.Graceful));
                _isUploading = true;
                if (!_isSilent)
                    Uploaded();
                break;
        }
    }

    private Step.Send SomeSend() => new(Lengths(3, 5_000));

    private Step.Disconnect SomeEnd() => new(DisconnectKind.Graceful, _random.Next(OneSegment));

    private Step.Receive SomeReceive() => new(Hits(2), Lengths(3, OneSegment));

    private void AddAtOnce(params Step[] steps) => Add(new Step.AtOnce(steps));

    private void Keep()
    {
        if (_answering != Answering.TakeAndReturn || _room > 0 || _unread > 0 || _peerHasFinished)
            return;
        SetAnswer(Answering.TakeAndKeep);
        PeerSends(1 + _random.Next(OneSegment));
    }

    private void Return()
    {
        if (_kept == 0)
            return;
        Add(new Step.Returns());
        _kept = 0;
        SetAnswer(Answering.TakeAndReturn);
    }

    private void Stall()
    {
        if (_isStalled || _isClosed)
            return;
        Add(new Step.PeerStalls());
        _isStalled = true;
        _sent = 0;
    }

    private void GoOn()
    {
        if (!_isStalled)
            return;
        Add(new Step.PeerGoesOn());
        _isStalled = _isStuck = false;
    }

    private void Read()
    {
        if (_isStuck)
            Add(new Step.PeerReads(1 + _random.Next(500)));
    }

    private void Finish()
    {
        if (_peerHasFinished || Hits(2))
            return;
        Add(new Step.PeerFinishes());
        _peerHasFinished = true;
    }

    private void Upload()
    {
        Add(new Step.Upload());
        _isUploading = true;
        if (!_isSilent)
            Uploaded();
    }

    private void Uploaded()
    {
        _isUploading = false;
        _isAway = true;
        _isRefused = false;
        _room = 0;
        _isPushed = false;
        _kept = 0;
        _isClosed &= !_isStuck;
        _hasMoved = _isStuck;
    }

    private void WhileAway()
    {
        switch (_random.Next(8))
        {
            case 0 when !_peerHasFinished && !_isDead && _unread < 20_000:
                int length = 1 + _random.Next(OneSegment);
                Add(new Step.PeerSends(length));
                _unread += length;
                break;
            case 1: Finish(); break;
            case 2: GoOn(); break;
            case 3: Add(new Step.Send(Lengths(2, OneSegment))); break;
            default:
                if (_isDead)
                    return;
                if (_answering is not (Answering.TakeAndReturn or Answering.Refuse))
                    SetAnswer(Answering.TakeAndReturn);
                Add(new Step.Offload());
                _isAway = false;
                Deliver();
                break;
        }
    }

    private void End()
    {
        if (_isSilent)
            Speak();
        if (_kept > 0)
            Add(new Step.Returns());
        GoOn();
        if (!_isAway)
            Add(!_isDead && Hits(6) ? new Step.Sever() : new Step.Upload());
    }

    private void SetAnswer(Answering answering)
    {
        Add(new Step.Answers(answering));
        _answering = answering;
    }

    private int[] Lengths(int most, int longest) =>
        [.. Enumerable.Range(0, 1 + _random.Next(most)).Select(_ => Hits(6) ? 0 : _random.Next(1, longest + 1))];

    private bool Hits(int oneIn) => _random.Next(oneIn) == 0;

    private void Add(Step step) => _steps.Add(step);
}
