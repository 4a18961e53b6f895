using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>A path on an adapter that is pulled out, while another adapter is at work.</summary>
public sealed class RemovedPathSpecs : StackSpec
{
    private readonly ScriptedTarget _other = new();

    private Binding Binding => Chimney.Binding("tcpip");

    [Fact]
    public async Task Who_comes_now_has_it_offloaded_anew_though_the_target_does_not_let_go_of_the_old()
    {
        Neighbor neighbor = Binding.NewNeighbor(new PhysicalAddress([2, 0, 0, 0, 0, 9]));
        NetworkPath path = Binding.NewPath(neighbor, IPAddress.Loopback, IPAddress.Loopback, 1_500);
        OffloadedConnection first = await Within(Binding.OffloadAsync(NewSocket(), path));
        (OffloadHandle old, OffloadHandle hop) = (path.Handle, neighbor.Handle);
        (Target.Objects.Length, _other.Objects.Length).ShouldBe((2, 0));
        Target.AnswersSever = false;
        Task<LifeResult> removal = Chimney.Adapter("nic0").RemoveAsync();

        OffloadedConnection second = await Within(Binding.OffloadAsync(NewSocket(), path));

        _other.ObjectOf(path.Handle)!.Parent.ShouldBe(neighbor.Handle);
        new[] { old, hop, OffloadHandle.None }.ShouldNotContain(path.Handle);
        new[] { old, hop, OffloadHandle.None }.ShouldNotContain(neighbor.Handle);
        (await Within(second.SendAsync("hello"u8.ToArray()).AsTask())).Status.ShouldBe(NdisStatus.Success);
        await Within(first.DisposeAsync().AsTask());
        await Within(second.DisposeAsync().AsTask());
        (await Within(removal)).Status.ShouldBe(NdisStatus.Success);
        await Until(() => Binding.Network.Count == 0);
        (Chimney.Connections, Chimney.StateObjects, _other.Objects.Length).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task A_path_moves_away_from_it_and_to_a_neighbor_that_was_on_it()
    {
        Neighbor gone = Binding.NewNeighbor(new PhysicalAddress([2, 0, 0, 0, 0, 1]));
        Neighbor stays = Binding.NewNeighbor(new PhysicalAddress([2, 0, 0, 0, 0, 2]));
        NetworkPath over = Binding.NewPath(gone, IPAddress.Loopback, IPAddress.Loopback, 1_500);
        NetworkPath beside = Binding.NewPath(stays, IPAddress.Loopback, IPAddress.Loopback, 1_500);
        OffloadedConnection first = await Within(Binding.OffloadAsync(NewSocket(), over));
        OffloadedConnection second = await Within(Binding.OffloadAsync(NewSocket(), beside));
        (Target.Objects.Length, _other.Objects.Length).ShouldBe((2, 2));
        OffloadHandle old = gone.Handle;
        Target.AnswersSever = false;
        Task<LifeResult> removal = Chimney.Adapter("nic0").RemoveAsync();

        await Within(over.MoveAsync(stays));
        await Within(beside.MoveAsync(gone));

        gone.Handle.ShouldNotBe(old);
        _other.ObjectOf(beside.Handle)!.Parent.ShouldBe(gone.Handle);
        OffloadedConnection third = await Within(Binding.OffloadAsync(NewSocket(), over));
        _other.ObjectOf(over.Handle)!.Parent.ShouldBe(stays.Handle);
        foreach (OffloadedConnection connection in (OffloadedConnection[])[first, second, third])
            await Within(connection.DisposeAsync().AsTask());
        (await Within(removal)).Status.ShouldBe(NdisStatus.Success);
        await Until(() => Binding.Network.Count == 0);
        (Chimney.Connections, Chimney.StateObjects, _other.Objects.Length).ShouldBe((0, 0, 0));
    }

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target)
        .Miniport("nic1", _other)
        .Intermediate("mux0", ["nic0", "nic1"])
        .Binding("tcpip", over: "mux0");
}
