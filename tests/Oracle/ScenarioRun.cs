using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>Plays a scenario on a stage and writes down what comes of it.</summary>
/// <remarks>The first run has nobody to look at; its stage knows by itself when all is quiet. A second run waits in
/// each step until it has heard what the first one heard, and then for what the first one did not hear.</remarks>
internal sealed class ScenarioRun
{
    private readonly Stage _stage;
    private readonly Outcome? _first;
    private readonly Log _log;
    private readonly List<IReadOnlyList<Observation>> _steps = [];
    private readonly List<Observation> _asked = [];
    private readonly PeerSide _peer;
    private readonly Socket _socket;
    private Line _line = null!;
    private OffloadBlock? _upload;      // the terminate under way
    private OffloadBlock? _left;        // what it gave back, or the first offload
    private int _step;
    private int _named;                 // requests of this step

    private ScenarioRun(Stage stage, Scenario scenario, Outcome? first)
    {
        _stage = stage;
        _first = first;
        _log = new Log(Host);
        (OffloadBlock block, Peer peer) = stage.Bench.Connect(scenario.Small);
        stage.Bench.Keep(peer);
        _peer = new PeerSide(peer, _log);
        _log.IsStuck = () => _peer.WasStuck;
        _left = block;
        _socket = block.Socket!;
    }

    private Host Host => _stage.Bench.Host;

    /// <summary>Plays a scenario.</summary>
    /// <param name="stage">Where. It is used up.</param>
    /// <param name="scenario">What.</param>
    /// <param name="first">What came of it elsewhere; null for the first run.</param>
    internal static async Task<Outcome> PlayAsync(Stage stage, Scenario scenario, Outcome? first = null)
    {
        await using Stage used = stage;
        var run = new ScenarioRun(stage, scenario, first);
        try
        {
            await run.BeginAsync();
            foreach (Step step in scenario.Steps)
                await run.DoAsync(step);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            run._log.Breaches.Add($"waited in vain in step {run._step + 1}");
        }
        catch (Exception fault)
        {
            run._log.Breaches.Add(fault.ToString());
        }

        run.NoteStep(run._log.Take());
        return new Outcome(stage.Name, run._steps, [.. run.Host.Breaches, .. run._log.Breaches]);
    }

    private void Note(Lane lane, string text, long? count = null, Freedom? excuse = null) =>
        _asked.Add(new Observation(lane, text, count, excuse) { IsAsked = true });

    private async Task BeginAsync()
    {
        OffloadBlock block = _left!;
        _left = null;
        _log.Begin(block.Delivered, block.Positions.Accepted);
        _line = await _stage.Bench.OffloadAsync(block, _peer.Wire);
        if (block.Status != NdisStatus.Success)
            _peer.IsDead = true;
    }

    private async Task DoAsync(Step step)
    {
        await ActAsync(step);
        if (!_peer.IsDead)
            await _stage.ArrivedAsync(_socket, _peer.Wire.BytesSent, _peer.HasFinished, _peer.HasReset);
        _peer.IsDead |= _peer.HasReset;
        await _peer.ReadOnAsync(Note);
        IReadOnlyList<Observation>? expected = _first?.Steps.ElementAtOrDefault(_step);
        if (expected is null)
            await _stage.QuietAsync(_line, static () => true);
        else
            await _stage.QuietAsync(_line, () => Comparison.AreAlike(Unasked(expected), _log.Look()));
        List<Observation> heard = _log.Take();
        _peer.Check();
        NoteUpload();
        await _peer.ReadOnAsync(Note);
        NoteStep(heard);
    }

    private static List<Observation> Unasked(IReadOnlyList<Observation> all) => [.. all.Where(one => !one.IsAsked)];

    private void NoteStep(List<Observation> heard)
    {
        _steps.Add([.. heard, .. _asked]);
        _asked.Clear();
        _step++;
        _named = 0;
    }

    private async Task ActAsync(Step step)
    {
        switch (step)
        {
            case Step.AtOnce all:
                foreach (Step one in all.Steps)
                    await ActAsync(one);
                break;
            case Step.Send send: Post(_line.Send(send.Lengths), "send", send.Lengths); break;
            case Step.SendPieces send:
                Post([_line.SendInPieces(send.Length, send.Pieces)], "send", [send.Length]);
                break;
            case Step.Receive receive:
                Name(_line.Receive(receive.NoPush, receive.Lengths), "receive", receive.Lengths);
                break;
            case Step.Disconnect end: Disconnect(end); break;
            case Step.Answers answers: Host.Answering = answers.How; break;
            case Step.Speaks speaks: Speak(speaks); break;
            case Step.Returns: Host.ReturnKept(); break;
            case Step.Upload: _upload = _line.Terminate(); break;
            case Step.Offload:
                if (_left is not null)
                    await BeginAsync();
                break;
            case Step.Sever: await SeverAsync(); break;
            default: await _peer.ActAsync(step, Note); break;
        }
    }

    private void Post(NetBufferList[] lists, string what, int[] lengths, bool isEnd = false)
    {
        Name(lists, what, lengths);
        if (_upload is null && _left is null)
            _peer.Promise(lengths.Sum(), isEnd);
    }

    private void Name(NetBufferList[] lists, string what, int[] lengths)
    {
        for (int index = 0; index < lists.Length; index++)
            _log.Name(lists[index], $"{what} {_step + 1}.{++_named}", lengths[index]);
    }

    private void Disconnect(Step.Disconnect end)
    {
        NetBufferList list = _line.Disconnect(end.Kind, end.Length);
        if (end.Kind == DisconnectKind.Graceful)
        {
            Post([list], "disconnect", [end.Length], isEnd: true);
            return;
        }

        Name([list], "abort", [0]);
        if (_upload is null && _left is null)
            _peer.WillBeReset();
    }

    private void Speak(Step.Speaks speaks)
    {
        Host.Answering = speaks.Then;
        int silent = Host.All.OfType<DataIndicated>().LastOrDefault()?.Data.Length ?? 0;
        _log.Take(speaks.As switch
        {
            Answering.TakeAndReturn or Answering.TakeAndKeep => silent,
            Answering.TakeHalf => silent / 2,
            _ => 0,
        });
        Host.BreakSilence(speaks.As);
    }

    private async Task SeverAsync()
    {
        Severed left = await _line.SeverAsync();
        NotePositions(left.Positions, left.State, left.FinSent, left.BufferedData, left.BufferedOffset);
        _peer.IsLeftAt(left.Positions, left.FinSent);
    }

    /// <summary>Writes down what a terminate gave back.</summary>
    private void NoteUpload()
    {
        if (_upload is not { } block || !Host.IsBack(block))
            return;
        _upload = null;
        if (block.Status != NdisStatus.Success)
            return;
        NotePositions(block.Positions, block.State, block.FinSent, block.BufferedData, block.Delivered);
        Note(Lane.Out, block.Socket is null ? "no socket is left" : "the socket is back");
        if (_log.Confirmed is { } confirmed && confirmed != block.Positions.Acknowledged)
            _log.Breaches.Add($"completions say {confirmed} and the terminate {block.Positions.Acknowledged}");
        _peer.IsLeftAt(block.Positions, block.FinSent);
        _left = TargetBench.Continue(block);
    }

    private void NotePositions(
        StreamPositions at, TcpConnectionState state, bool finSent, ReadOnlyMemory<byte> buffered, long offset)
    {
        bool isLingering = state is TcpConnectionState.TimeWait or TcpConnectionState.Closed;
        Note(Lane.Out, isLingering ? "state is over" : $"state {state}", isLingering ? (long)state : null,
            isLingering ? Freedom.Linger : null);
        Note(Lane.Out, $"FIN sent: {finSent}");
        Freedom? stuck = _peer.WasStuck ? Freedom.PlaceOfStuck : null;
        Note(Lane.Out, "acknowledged", at.Acknowledged, stuck);
        Note(Lane.Out, "accepted", at.Accepted, stuck);
        Note(Lane.In, "buffered from", offset);
        Note(Lane.In, "received", at.Received, buffered.IsEmpty ? null : Freedom.CutOfRefused);
        if (!buffered.Span.SequenceEqual(Pattern.Bytes(offset, buffered.Length)))
            _log.Breaches.Add($"{buffered.Length} buffered bytes at {offset} are wrong");
        if (at.Acknowledged > at.Accepted)
            _log.Breaches.Add($"acknowledged {at.Acknowledged} and accepted {at.Accepted}");
    }
}
