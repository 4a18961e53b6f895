using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>Custody first, message second: nobody is told what he does not hold.</summary>
public sealed class EdgeSpecs
{
    private readonly HolderId _me = HolderId.Next();
    private readonly Ear _next = new("mux0");
    private readonly Flight _flight;
    private readonly TcpOffloadSend _send;

    public EdgeSpecs()
    {
        _flight = Flight.Depart(Lists.Pool().Chain(2)[0], _me);
        _send = new TcpOffloadSend(_flight);
    }

    [Fact]
    public void The_neighbour_holds_the_chain_before_he_is_told()
    {
        bool held = false;
        _next.OnTold = _ => held = _flight.IsHeldBy(_next.Holder);

        _next.Edge.Pass(_send, _flight, _me, null).ShouldBe(PassResult.Passed);

        held.ShouldBeTrue();
        _next.Heard.ShouldHaveSingleItem().ShouldBeSameAs(_send);
    }

    [Fact]
    public void Whoever_was_relieved_hands_nothing_on()
    {
        _flight.TryPass(_me, HolderId.Custodian).ShouldBeTrue();

        _next.Edge.Pass(_send, _flight, _me, null).ShouldBe(PassResult.NotYours);

        _next.Heard.ShouldBeEmpty();
        _flight.IsHeldBy(HolderId.Custodian).ShouldBeTrue();
    }

    [Fact]
    public void A_chain_is_passed_once()
    {
        _next.Edge.Pass(_send, _flight, _me, null).ShouldBe(PassResult.Passed);
        _next.Edge.Pass(_send, _flight, _me, null).ShouldBe(PassResult.NotYours);
        _next.Heard.Count.ShouldBe(1);
    }

    [Fact]
    public void Between_two_lives_the_chain_stays_with_who_has_it()
    {
        _next.Die();

        _next.Edge.Pass(_send, _flight, _me, null).ShouldBe(PassResult.NobodyThere);
        _next.Edge.Tell("something", null).ShouldBeFalse();

        _next.Heard.ShouldBeEmpty();
        _flight.IsHeldBy(_me).ShouldBeTrue();
    }

    [Fact]
    public void The_dead_retire_themselves_and_nobody_younger()
    {
        Incarnation first = _next.Edge.Current!;
        HolderId younger = HolderId.Next();
        _next.Edge.PointAt(_next, younger);

        _next.Edge.Retire(first.Holder);

        _next.Edge.Current.ShouldBe(new Incarnation(_next, younger));
        _next.Edge.Tell("something", ActorRefs.NoSender).ShouldBeTrue();
        _next.Edge.Retire(younger);
        _next.Edge.Current.ShouldBeNull();
        _next.Edge.Retire(younger);
        _next.Heard.ShouldBe(["something"]);
    }
}
