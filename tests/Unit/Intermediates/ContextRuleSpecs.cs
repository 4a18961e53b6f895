using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>What a driver leaves on a parcel, and when it takes it off.</summary>
public sealed class ContextRuleSpecs : SmallPoolSpec
{
    internal override string Settings => "";

    [Fact]
    public async Task A_driver_frees_its_context_before_it_passes_a_parcel_up()
    {
        OffloadedConnection connection = await OffloadAsync();     // CTX-05
        Edge mux = connection.Core.Entry!.Below(connection.Core.Binding)!;
        var probe = new Edge("probe");
        var seen = new TaskCompletionSource<(int Depth, string Top, bool Held)>();
        HolderId holder = HolderId.Next();
        probe.PointAt(System.ActorOf(Props.Create(() => new Probe(seen, holder))), holder);
        OffloadCompletion completion = Completed(connection, [probe, mux], probe);

        mux.Pass(completion, completion.Flight, HolderId.Custodian, ActorRefs.NoSender).ShouldBe(PassResult.Passed);

        (await Named("probe", seen.Task)).ShouldBe((1, "probe", true));
        completion.Flight.Head.Frames.Clear();
        Landing.Land(Chimney.Stack, completion.Flight, holder).ShouldBeTrue();
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_context_left_behind_is_reported_with_its_owner_and_taken_off(bool passesAnotherDriver)
    {
        Expected = [VerifierCheck.ContextDepth];        // CTX-09
        OffloadedConnection connection = await OffloadAsync();
        Edge binding = connection.Core.Binding;
        Edge mux = connection.Core.Entry!.Below(binding)!;
        var sloppy = new Edge("sloppy");
        Edge to = passesAnotherDriver ? mux : binding;
        OffloadCompletion completion = Completed(
            connection, passesAnotherDriver ? [binding, mux, sloppy] : [binding, sloppy], binding);
        Parcel list = completion.Flight.Head;

        to.Pass(completion, completion.Flight, HolderId.Custodian, ActorRefs.NoSender).ShouldBe(PassResult.Passed);

        await Until(() => list.Custody.State == CustodyState.Free);
        Violation violation = Chimney.Violations.ShouldHaveSingleItem();
        (violation.Driver, violation.ParcelId, violation.Flight).ShouldBe(("sloppy", list.Id, completion.Flight.Id));
        list.Frames.Depth.ShouldBe(0);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task What_was_refused_goes_back_to_the_connection_it_came_from()
    {
        OffloadedConnection[] connections =        // RIND-16
            [await OffloadAsync(), await OffloadAsync(NewSocket(), null, "other"), await OffloadAsync()];
        for (int i = 0; i < connections.Length; i++)
            Target[connections[i].Handle].Feed([(byte)i, (byte)i]);
        await Until(() => Target.Answers.OfType<TcpOffloadReceiveRefused>().Count() == connections.Length);

        Target.Answers.OfType<TcpOffloadReceiveRefused>().Select(answer => answer.Connection)
            .ShouldBe(connections.Select(connection => connection.Handle), ignoreOrder: true);
        for (int i = 0; i < connections.Length; i++)
        {
            var space = new byte[2];
            (await Named("receive", connections[i].ReceiveAsync(space).AsTask())).BytesReceived.ShouldBe(2);
            space.ShouldBe([(byte)i, (byte)i]);
            await Named("dispose", connections[i].DisposeAsync().AsTask());
        }
    }

    /// <summary>A send that has won its gate, with these contexts on it from the bottom up; all answer to
    /// one.</summary>
    private OffloadCompletion Completed(OffloadedConnection connection, Edge[] contexts, Edge answerTo)
    {
        NetBufferList list = Chimney.Stack.Sends.Rent(null)!;
        list.Operation = OffloadOperation.Send;
        list.Connection = connection.Handle;
        Flight flight = Flight.Depart(list, HolderId.Custodian);
        Chimney.Stack.Ledger.CountPosted(1);
        foreach (Edge context in contexts)
            list.Frames.Push(context, context == contexts[0] ? null : answerTo);
        list.TryComplete(flight.Id, HolderId.Custodian, NdisStatus.Success, 0).ShouldBeTrue();
        return OffloadCompletion.Of(list, 1);
    }

    private sealed class Probe(
        TaskCompletionSource<(int Depth, string Top, bool Held)> seen, HolderId me) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            Flight flight = ((OffloadCompletion)message).Flight;
            seen.TrySetResult((flight.Head.Frames.Depth, flight.Head.Frames.Top.Driver.Name, flight.IsHeldBy(me)));
        }
    }
}
