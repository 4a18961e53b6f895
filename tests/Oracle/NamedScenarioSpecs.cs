using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Oracle;

/// <summary>Scenarios that once made a difference, and those whose meaning is easily got wrong.</summary>
public sealed class NamedScenarioSpecs
{
    [Fact]
    public Task An_abort_behind_an_acknowledged_end_does_not_take_the_end_back() => AreTheSameAsync(isSmall: false,
        new Step.PeerStalls(), new Step.Send(706, 943), new Step.Disconnect(DisconnectKind.Graceful),
        new Step.Disconnect(DisconnectKind.Abortive), new Step.PeerGoesOn(), new Step.Upload());

    [Fact]
    public Task Stuck_sends_are_uploaded_offloaded_again_and_end_when_the_peer_reads_on() =>
        AreTheSameAsync(isSmall: true,
            new Step.PeerStalls(), new Step.Send(ScenarioDraw.Stuck, 10), new Step.Upload(), new Step.Offload(),
            new Step.Send(100), new Step.Disconnect(DisconnectKind.Graceful, ScenarioDraw.Stuck),
            new Step.PeerReads(100), new Step.PeerGoesOn(), new Step.PeerFinishes(), new Step.Upload());

    [Fact]
    public Task A_reset_in_the_middle_of_a_stuck_send_counts_what_the_peer_has() => AreTheSameAsync(isSmall: true,
        new Step.Receive(NoPush: true, 50, 100), new Step.PeerSends(80), new Step.PeerStalls(),
        new Step.Send(ScenarioDraw.Stuck, 10), new Step.Disconnect(DisconnectKind.Graceful, ScenarioDraw.Stuck),
        new Step.PeerReads(77), new Step.PeerResets(), new Step.Send(1), new Step.Upload());

    [Fact]
    public Task A_silent_host_is_waited_for_by_a_terminate_and_by_nothing_else() => AreTheSameAsync(isSmall: false,
        new Step.Answers(Answering.Silence), new Step.PeerSends(100), new Step.Send(100, 0), new Step.PeerFinishes(),
        new Step.Receive(NoPush: false, 30), new Step.Upload(), new Step.Send(10),
        new Step.Speaks(Answering.TakeHalf, Answering.Refuse), new Step.Offload(),
        new Step.Receive(NoPush: true, 50), new Step.Upload());

    [Fact]
    public Task What_is_asked_behind_an_end_an_abort_or_a_terminate_has_its_own_status() =>
        AreTheSameAsync(isSmall: false,
            new Step.AtOnce(
                new Step.Disconnect(DisconnectKind.Graceful, 5), new Step.Send(1, 0),
                new Step.Disconnect(DisconnectKind.Graceful, 7)),
            new Step.AtOnce(
                new Step.Disconnect(DisconnectKind.Abortive), new Step.Send(1, 0), new Step.Receive(true, 0, 1),
                new Step.Disconnect(DisconnectKind.Graceful), new Step.Disconnect(DisconnectKind.Abortive)),
            new Step.AtOnce(
                new Step.Upload(), new Step.Send(1, 0), new Step.Receive(true, 0, 1),
                new Step.Disconnect(DisconnectKind.Graceful)));

    private static async Task AreTheSameAsync(bool isSmall, params Step[] steps)
    {
        Verdict verdict = await Verdict.OfAsync(new Scenario("a named scenario", isSmall, steps));
        verdict.Difference.ShouldBeNull(verdict.ToString());
    }
}
