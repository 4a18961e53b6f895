using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using Akka.Actor.Internal;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>Two bindings over one intermediate: each gets its own (CTX-04, GEN-13, IM-15).</summary>
public sealed class SharedIntermediateSpecs : SmallPoolSpec
{
    internal override string Settings => "";

    [Fact]
    public async Task Each_binding_gets_its_own_completions_and_data()
    {
        var users = new HearingUser[2];
        var connections = new OffloadedConnection[2];
        for (int i = 0; i < 2; i++)
            connections[i] = await OffloadAsync(NewSocket(), users[i] = new HearingUser(), i == 0 ? "tcpip" : "other");
        Task<SendResult>[] sends =
            [.. Enumerable.Range(0, 200).Select(i => connections[i % 2].SendAsync(new byte[1 + (i % 2)]).AsTask())];
        for (int i = 0; i < 2; i++)
            Target[connections[i].Handle].Feed(Encoding.ASCII.GetBytes($"for {i}"));
        SendResult[] results = await Named("sends", Task.WhenAll(sends));
        for (int i = 0; i < results.Length; i++)
            results[i].ShouldBe(new SendResult(NdisStatus.Success, 1 + (i % 2)));
        for (int i = 0; i < 2; i++)
        {
            await Named("hears", users[i].Hears(5));
            Encoding.ASCII.GetString(users[i].Got).ShouldBe($"for {i}");
            await Named("dispose", connections[i].DisposeAsync().AsTask());
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_completion_that_mixes_owners_is_split_in_unchanged_order(int crashes)
    {
        // GEN-09: made by hand, because our targets complete one connection at a time.
        OffloadedConnection connection = await OffloadAsync();
        OffloadedConnection second = await OffloadAsync(NewSocket(), null, "other");
        var landed = new ConcurrentQueue<(string Name, IActorRef? By)>();
        Edge mux = connection.Core.Entry!.Below(connection.Core.Binding)!;
        var chain = default(WonChain);
        foreach (string name in (string[])["a1", "a2", "b1", "a3", "b2", "b3"])
        {
            OffloadedConnection owner = name[0] == 'a' ? connection : second;
            NetBufferList list = Chimney.Stack.Sends.Rent(null)!;
            list.Operation = OffloadOperation.Send;
            list.Connection = owner.Handle;
            list.ProtocolReserved = new NamedTicket(name, landed);
            Flight flight = Flight.Depart(list, HolderId.Custodian);
            Chimney.Stack.Ledger.CountPosted(1);
            list.Frames.Push(owner.Core.Binding, null);
            list.Frames.Push(mux, owner.Core.Binding);
            list.TryComplete(flight.Id, HolderId.Custodian, NdisStatus.Success, 0).ShouldBeTrue();
            chain.Add(list);
        }
        OffloadCompletion completion = chain.ToCompletion();
        if (crashes >= 0)
            Crashes.Arm("mux0", (CrashStep)crashes, 0);
        mux.Pass(completion, completion.Flight, HolderId.Custodian, ActorRefs.NoSender).ShouldBe(PassResult.Passed);
        await Until(() => landed.Count == 6);
        Of(connection).Select(one => one.Name).ShouldBe(["a1", "a2", "a3"]);
        Of(second).Select(one => one.Name).ShouldBe(["b1", "b2", "b3"]);
        if (crashes < 0)
            foreach (OffloadedConnection owner in (OffloadedConnection[])[connection, second])
                Of(owner).ShouldAllBe(one => owner.Core.Binding.Current!.Ref.Equals(one.By));
        await Named("dispose", connection.DisposeAsync().AsTask());
        await Named("dispose", second.DisposeAsync().AsTask());

        IEnumerable<(string Name, IActorRef? By)> Of(OffloadedConnection owner) =>
            landed.Where(one => one.Name[0] == (owner == connection ? 'a' : 'b'));
    }

    /// <summary>Says which actor's thread answers it.</summary>
    private sealed class NamedTicket(string name, ConcurrentQueue<(string Name, IActorRef? By)> all) : Ticket
    {
        protected override void OnAnswered(in Landed landed) =>
            all.Enqueue((name, InternalCurrentActorCellKeeper.Current?.Self));
    }
}
