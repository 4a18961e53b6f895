using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>What outlives the actor of a connection: its layers, its watermarks, and the terminate that was left
/// behind.</summary>
public sealed class ConnectionEntrySpecs
{
    private readonly ConnectionEntry _entry = new(new OffloadHandle(3, 2), new WayDown());
    private readonly EmptyPlaces _places = new();
    private readonly Ear[] _layers = [new("tcpip"), new("mux1"), new("mux0")];

    public ConnectionEntrySpecs()
    {
        foreach (Ear layer in _layers)
            _entry.Join(layer.Edge);
    }

    [Fact]
    public void Every_layer_has_its_neighbours()
    {
        Edge[] edges = [.. _layers.Select(layer => layer.Edge)];
        _entry.Join(edges[1]);      // a second initiate of the same layer
        _entry.Join(edges[0]);
        _entry.Top.ShouldBe(edges[0]);
        edges.Select(_entry.Above).ShouldBe([null, edges[0], edges[1]]);
        edges.Select(_entry.Below).ShouldBe([edges[1], edges[2], null]);
        (_entry.Above(new Edge("other")), _entry.Below(new Edge("other"))).ShouldBe((null, null));
        new ConnectionEntry(new OffloadHandle(0, 1), new WayDown()).Top.ShouldBeNull();
    }

    /// <summary>A protocol over a team over an adapter and over a driver that has two adapters.</summary>
    [Fact]
    public void An_initiate_may_go_over_every_binding_of_a_driver_that_has_not_passed_it_on()
    {
        var nics = new AdapterNode[3];
        for (int i = 0; i < nics.Length; i++)
            nics[i] = new AdapterNode(new Edge($"nic{i}"), null, null);
        AdapterNode team = new(new Edge("team0")), under = new(new Edge("under1"));
        var top = new BindingNode(new Edge("tcpip"), team, null);
        BindingNode[] ofTeam = [new(team.Driver, nics[0], team), new(team.Driver, under, team)];
        BindingNode[] ofUnder = [new(under.Driver, nics[1], under), new(under.Driver, nics[2], under)];
        var entry = new ConnectionEntry(new OffloadHandle(4, 1), new WayDown());
        bool[] Through() => [.. ofTeam.Concat(ofUnder).Prepend(top).Select(entry.IsThrough)];

        Through().ShouldBe([false, false, false, false, false]);
        entry.Join(top.Driver);
        Through().ShouldBe([true, false, false, false, false]);
        entry.Join(team.Driver);
        Through().ShouldBe([true, true, true, false, false]);
        entry.Join(under.Driver);
        Through().ShouldBe([true, false, true, true, true]);
        entry.Edge.Route = nics[2].Current.RouteOf(entry.Top);
        Through().ShouldBe([true, false, true, false, true]);
        entry.Join(entry.Edge);
        Through().ShouldBe([true, false, true, false, true]);
    }

    [Fact]
    public void What_was_accepted_is_never_taken_back()
    {
        _entry.AcceptThrough(10);
        _entry.AcceptThrough(4);
        _entry.AcceptedThrough.ShouldBe(10);
        _entry.AcceptThrough(11);
        _entry.AcceptedThrough.ShouldBe(11);
    }

    [Fact]
    public void Every_request_at_the_target_counts_as_parked_and_no_indication()
    {
        foreach (Holdings holdings in (Holdings[])[_entry.Sends, _entry.Receives, _entry.StateOperations])
        {
            NetBufferList list = Lists.Pool().Rent(null)!;
            _entry.HasParked.ShouldBeFalse();
            holdings.Park(list);
            _entry.HasParked.ShouldBeTrue();
            holdings.Remove(list).ShouldBeTrue();
        }
        _entry.Lost.Park(Lists.Pool().Rent(null)!);
        _entry.HasParked.ShouldBeFalse();
        _entry.AtTarget.ShouldBe([_entry.Sends, _entry.Receives, _entry.StateOperations, _entry.Lost]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Who_found_a_layer_missing_is_told_when_it_is_back(int missing)
    {
        var connection = new Ear("connection");
        _entry.Edge.PointAt(connection, connection.Holder);
        _entry.IsOpenAbove(_places).ShouldBeTrue();
        _entry.TellLayerIsThere();
        connection.Heard.ShouldBeEmpty("nobody waits");

        _layers[missing].Die();
        _entry.IsOpenAbove(_places).ShouldBeFalse();
        _layers[missing].Edge.PointAt(_layers[missing], HolderId.Next());
        _entry.TellLayerIsThere();
        connection.Heard.ShouldBe([LookAgain.Instance]);

        _entry.IsOpenAbove(_places).ShouldBeTrue();
        _entry.TellLayerIsThere();
        connection.Heard.Count.ShouldBe(1, "it has looked and found everybody");
    }

    [Theory]
    [InlineData(OffloadOperation.Initiate, NdisStatus.Success, true, false)]
    [InlineData(OffloadOperation.Initiate, NdisStatus.Failure, false, true)]
    [InlineData(OffloadOperation.Terminate, NdisStatus.Success, false, true)]
    [InlineData(OffloadOperation.Terminate, NdisStatus.Failure, false, true)]
    public void A_connection_begins_by_a_good_initiate_and_ends_by_anything_else(
        OffloadOperation operation, NdisStatus status, bool begun, bool ended)
    {
        _entry.Settle(new OffloadBlock { Operation = operation, Status = status });
        (_entry.Begun, _entry.Ended).ShouldBe((begun, ended));
    }

    [Fact]
    public void A_terminate_that_was_left_is_fetched_once()
    {
        HolderId connection = HolderId.Next();
        _entry.FetchTerminate(connection).ShouldBeNull();
        var block = new OffloadBlock { Operation = OffloadOperation.Terminate };
        Flight flight = Flight.Depart(block, HolderId.Custodian);
        _entry.LeaveTerminate(block);
        _entry.Describe().ShouldEndWith("a terminate waits to be fetched");

        _entry.FetchTerminate(connection).ShouldBe(block);

        block.Custody.Is(CustodyState.Outstanding, flight.Id, connection).ShouldBeTrue();
        _entry.FetchTerminate(HolderId.Next()).ShouldBeNull();
        flight.IsHeldBy(connection).ShouldBeTrue();
    }

    [Fact]
    public void A_terminate_that_somebody_else_has_taken_meanwhile_is_not_fetched()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Terminate };
        Flight flight = Flight.Depart(block, HolderId.Custodian);
        _entry.LeaveTerminate(block);
        HolderId auditor = HolderId.Next();
        flight.TryPass(HolderId.Custodian, auditor).ShouldBeTrue();

        _entry.FetchTerminate(HolderId.Next()).ShouldBeNull();
        flight.IsHeldBy(auditor).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, 20, "hello world")]
    [InlineData(5, 25, " world")]
    [InlineData(11, 31, "")]
    [InlineData(99, 31, "")]
    public void Of_refused_data_the_host_has_a_part_and_the_rest_is_kept(int taken, long through, string kept)
    {
        NetBufferList list = Lists.Pool().Filled(OffloadOperation.ReceiveIndicate, offset: 20);
        list.FirstNetBuffer.Attach("hello "u8.ToArray().AsMemory());
        list.FirstNetBuffer.Append("world"u8.ToArray());
        list.BytesTransferred = taken;
        _entry.AcceptThrough(20);

        _entry.TakeBack(list);

        _entry.AcceptedThrough.ShouldBe(through);
        global::System.Text.Encoding.ASCII.GetString(_entry.Undelivered.From(through)).ShouldBe(kept);
    }

    [Fact]
    public void Data_that_was_refused_whole_says_nothing_of_what_is_before_it()
    {
        NetBufferList list = Lists.Pool().Filled(OffloadOperation.ReceiveIndicate, 3, offset: 20);
        _entry.TakeBack(list);
        _entry.AcceptedThrough.ShouldBe(0);
    }

    [Fact]
    public void A_report_says_where_it_stands()
    {
        (bool Begun, bool Severing, bool Remains, bool Ended, string Phase)[] phases =
        [
            (false, false, false, false, "not begun"), (true, false, false, false, "offloaded"),
            (true, true, false, false, "being severed"), (true, true, true, false, "severed"),
            (true, true, true, true, "ended"),
        ];
        foreach ((bool begun, bool severing, bool remains, bool ended, string phase) in phases)
        {
            (_entry.Begun, _entry.SeverSince, _entry.Ended) = (begun, severing ? 1 : 0, ended);
            _entry.Remains = remains
                ? new Severed(_entry.Handle, new(0, 0, 77), TcpConnectionState.Closed, null, default, 0, false)
                : null;
            _entry.Describe().ShouldBe($"connection 3.2, {phase}, no actor: 0 sends, 0 receives, "
                + "0 state operations, 0 indications to be repeated; received 0 accepted, 0 indicated, "
                + $"{(remains ? 77 : 0)} in the remains");
        }
        _entry.Edge.PointAt(_layers[0], _layers[0].Holder);
        _entry.Describe().ShouldContain($", actor {_layers[0].Holder}: ");
    }
}
