using System.Net;
using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Neighbors and paths of a host, through a whole stack: shared, kept current, taken back.</summary>
public sealed class NetworkPathSpecs : StackSpec
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress There = IPAddress.Parse("198.51.100.2");

    private Binding Binding => Chimney.Binding("tcpip");

    [Fact]
    public async Task Connections_share_a_path_that_comes_with_the_first_and_goes_with_the_last()
    {
        NetworkPath path = NewPath(NewNeighbor());
        (path.Handle, path.Neighbor.Handle).ShouldBe((OffloadHandle.None, OffloadHandle.None));
        OffloadedConnection first = await OnAsync(path);
        OffloadedConnection second = await OnAsync(path);
        Chimney.StateObjects.ShouldBe(2);
        Target.ObjectOf(path.Handle)!.Parent.ShouldBe(path.Neighbor.Handle);
        Parents().ShouldBe([OffloadHandle.None, path.Neighbor.Handle, path.Handle, path.Handle]);
        (await Within(second.SendAsync("hello"u8.ToArray()).AsTask())).Status.ShouldBe(NdisStatus.Success);

        await Within(first.DisposeAsync().AsTask());
        (OffloadHandle last, OffloadHandle hop) = (path.Handle, path.Neighbor.Handle);
        last.IsNone.ShouldBeFalse();
        await Within(second.DisposeAsync().AsTask());
        await NothingLeft();
        Target.Submitted.Where(request => request is TerminateOffload).Select(request => request.Connection)
            .ShouldBe([first.Handle, second.Handle, last, hop]);
        (path.Handle, path.Neighbor.Handle).ShouldBe((OffloadHandle.None, OffloadHandle.None));
    }

    [Fact]
    public async Task Connections_that_come_at_once_share_everything()
    {
        Neighbor neighbor = NewNeighbor();
        NetworkPath one = NewPath(neighbor), two = NewPath(neighbor);
        OffloadedConnection[] all = await Within(Task.WhenAll(
            Binding.OffloadAsync(NewSocket(), one), Binding.OffloadAsync(NewSocket(), two),
            Binding.OffloadAsync(NewSocket(), one), Binding.OffloadAsync(NewSocket(), two)));
        Chimney.StateObjects.ShouldBe(3);
        Parents().Count(parent => parent == one.Handle).ShouldBe(2);
        Parents().Count(parent => parent == two.Handle).ShouldBe(2);
        await Within(Task.WhenAll(all.Select(connection => connection.DisposeAsync().AsTask())));
        await NothingLeft();
    }

    [Fact]
    public async Task A_path_of_another_size_is_told_now_and_with_the_next_offload()
    {
        NetworkPath path = NewPath(NewNeighbor());
        await Within(path.UpdateAsync(1_400));
        Target.Submitted.ShouldBeEmpty();
        OffloadedConnection connection = await OnAsync(path);
        Target.ObjectOf(path.Handle)!.Path!.Cached.PathMtu.ShouldBe(1_400);
        await Within(path.UpdateAsync(1_300));
        (await Within(path.QueryAsync())).Cached.PathMtu.ShouldBe(1_300);
        path.PathMtu.ShouldBe(1_300);
        await Within(connection.DisposeAsync().AsTask());
        await NothingLeft();
    }

    [Fact]
    public async Task A_neighbor_with_another_address_is_told_once_whoever_shares_it()
    {
        Neighbor neighbor = NewNeighbor();
        OffloadedConnection[] all = [await OnAsync(NewPath(neighbor)), await OnAsync(NewPath(neighbor))];
        await Within(neighbor.UpdateAsync(Mac(7)));
        Target.Submitted.Count(request => request is UpdateOffload).ShouldBe(1);
        (await Within(neighbor.QueryAsync())).Cached.DestinationAddress.ShouldBe(Mac(7));
        await EndAsync(all);
    }

    [Fact]
    public async Task A_path_moves_to_another_neighbor_which_is_offloaded_first()
    {
        (Neighbor old, Neighbor next) = (NewNeighbor(), NewNeighbor(vlan: 2));
        NetworkPath path = NewPath(old);
        OffloadedConnection connection = await OnAsync(path);
        await Within(path.MoveAsync(next));
        path.Neighbor.ShouldBe(next);
        Target.ObjectOf(path.Handle)!.Parent.ShouldBe(next.Handle);
        await Until(() => old.Handle.IsNone);
        OffloadedConnection another = await OnAsync(path);
        await EndAsync(connection, another);
    }

    [Fact]
    public async Task A_neighbor_that_fails_gives_all_its_paths_to_another_in_more_trees_than_one()
    {
        Binding.Network.TogetherMax = 2;
        (Neighbor old, Neighbor next) = (NewNeighbor(), NewNeighbor());
        NetworkPath[] paths = [.. Enumerable.Range(0, 5).Select(_ => NewPath(old))];
        OffloadedConnection[] all = await Within(Task.WhenAll(
            paths.Select(path => Binding.OffloadAsync(NewSocket(), path))));
        await Within(old.FailOverAsync(next));
        paths.ShouldAllBe(path => path.Neighbor == next && Target.ObjectOf(path.Handle)!.Parent == next.Handle);
        await EndAsync(all);
    }

    [Fact]
    public async Task What_is_no_longer_true_is_left_by_its_connections_and_new_ones_have_their_own()
    {
        NetworkPath path = NewPath(NewNeighbor());
        OffloadedConnection old = await OnAsync(path);
        OffloadHandle before = path.Handle;
        await Within(path.InvalidateAsync());
        Target.ObjectOf(before)!.IsInvalid.ShouldBeTrue();
        path.Handle.ShouldBe(OffloadHandle.None);
        path.Neighbor.Handle.ShouldNotBe(OffloadHandle.None);
        OffloadedConnection another = await OnAsync(path);
        path.Handle.ShouldNotBe(before);
        Parents().Last().ShouldBe(path.Handle);
        await Within(old.DisposeAsync().AsTask());
        await Until(() => Target.ObjectOf(before) is null);
        Target.ObjectOf(path.Handle).ShouldNotBeNull();
        await EndAsync(another);
    }

    [Fact]
    public async Task With_a_neighbor_its_paths_are_no_longer_true()
    {
        NetworkPath path = NewPath(NewNeighbor());
        OffloadedConnection connection = await OnAsync(path);
        await Within(path.Neighbor.InvalidateAsync());
        (path.Handle, path.Neighbor.Handle).ShouldBe((OffloadHandle.None, OffloadHandle.None));
        InvalidOperationException none = await Should.ThrowAsync<InvalidOperationException>(
            () => Within(path.QueryAsync()));
        none.Message.ShouldBe("The Path is not offloaded.");
        await EndAsync(connection);
    }

    [Fact]
    public async Task An_update_that_the_target_does_not_take_gives_the_object_up()
    {
        NetworkPath path = NewPath(NewNeighbor());
        OffloadedConnection connection = await OnAsync(path);
        OffloadHandle before = path.Handle;
        Target.StatusOf = request => request is UpdateOffload ? NdisStatus.Failure : NdisStatus.Success;
        StateOperationException failed = await Should.ThrowAsync<StateOperationException>(
            () => Within(path.UpdateAsync(1_300)));
        failed.Operation.ShouldBe(OffloadOperation.Update);
        Target.ObjectOf(before)!.IsInvalid.ShouldBeTrue();
        OffloadedConnection another = await OnAsync(path);
        Target.ObjectOf(path.Handle)!.Path!.Cached.PathMtu.ShouldBe(1_300);
        await EndAsync(connection, another);
    }

    [Fact]
    public async Task A_neighbor_that_is_refused_leaves_a_path_where_it_is()
    {
        (Neighbor old, Neighbor next) = (NewNeighbor(), NewNeighbor());
        NetworkPath path = NewPath(old);
        OffloadedConnection connection = await OnAsync(path);
        Target.StatusOf = request =>
            request is InitiateOffload ? NdisStatus.OffloadNeighborEntries : NdisStatus.Success;
        OffloadException failed = await Should.ThrowAsync<OffloadException>(() => Within(path.MoveAsync(next)));
        failed.Status.ShouldBe(NdisStatus.OffloadNeighborEntries);
        (path.Neighbor, Target.ObjectOf(path.Handle)!.Parent).ShouldBe((old, old.Handle));
        await EndAsync(connection);
    }

    [Theory]
    [InlineData(OffloadLayer.Neighbor, NdisStatus.OffloadVlanMismatch)]
    [InlineData(OffloadLayer.Path, NdisStatus.OffloadPathMtu)]
    [InlineData(OffloadLayer.Tcp, NdisStatus.OffloadTcpEntries)]
    public async Task Who_is_refused_hears_what_was_the_reason(OffloadLayer layer, NdisStatus status)
    {
        NetworkPath path = NewPath(NewNeighbor());
        Target.StatusOf = request => request is InitiateOffload { Block: { } block } && block.Layer == layer
            ? status : NdisStatus.Success;
        OffloadException failed = await Should.ThrowAsync<OffloadException>(() => OnAsync(path));
        failed.Status.ShouldBe(status);
        await NothingLeft();
        Target.StatusOf = _ => NdisStatus.Success;
        await EndAsync(await OnAsync(path));
    }

    [Fact]
    public void A_value_outside_its_range_or_an_object_of_another_binding_is_refused()
    {
        Neighbor neighbor = NewNeighbor();
        NetworkPath path = NewPath(neighbor);
        Should.Throw<ArgumentException>(() => Binding.NewNeighbor(Mac(1), vlanId: 4_095));
        Should.Throw<ArgumentException>(() => Binding.NewNeighbor(new PhysicalAddress([1, 2])));
        Should.Throw<ArgumentException>(() => Binding.NewPath(neighbor, Here, IPAddress.IPv6Loopback, 1_500));
        Should.Throw<ArgumentException>(() => Binding.NewPath(neighbor, Here, There, 575));
        Should.Throw<ArgumentException>(() => { _ = path.UpdateAsync(65_536); });
        path.PathMtu.ShouldBe(1_500);
        Binding other = Chimney.Binding("other");
        Should.Throw<ArgumentException>(() => other.NewPath(neighbor, Here, There, 1_500));
        Should.Throw<ArgumentException>(() => { _ = path.MoveAsync(other.NewNeighbor(Mac(1))); });
        using var socket = NewSocket();
        var rest = new UploadResult(socket, default, default, false);
        Should.Throw<ArgumentException>(() => other.BeginOffload(rest, path, null, null));
    }

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "tcpip", "mux1", "mux0", "nic0", "nic0-shelf", "connection");

    /// <summary>What fails is lawful; what stays is not: nothing is left at the end, wherever it was.</summary>
    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_wherever_everybody_is_answered_and_nothing_is_left(string driver, CrashStep step)
    {
        for (int visit = 0; visit < 200; visit++)
        {
            string what = $"{driver} {step} {visit}";
            (NetworkPath one, NetworkPath two) = (NewPath(NewNeighbor()), NewPath(NewNeighbor()));
            Crashes.Arm(driver, step, visit);
            Task<OffloadedConnection>[] offloads =
            [
                Binding.OffloadAsync(NewSocket(), one), Binding.OffloadAsync(NewSocket(), one),
                Binding.OffloadAsync(NewSocket(), two),
            ];
            await Settled(what, offloads);
            await Settled(what, one.UpdateAsync(1_400), two.MoveAsync(one.Neighbor), one.Neighbor.UpdateAsync(Mac(3)),
                one.QueryAsync(), two.Neighbor.InvalidateAsync());
            foreach (Task<OffloadedConnection> offload in offloads)
                if (offload.IsCompletedSuccessfully)
                    await Named(what, (await offload).DisposeAsync().AsTask());
            bool crashed = Crashes.HasCrashed;
            Crashes.Disarm();
            await NothingLeft();
            if (!crashed)
                break;
        }
    }

    internal override void Build(StackBuilder stack)
    {
        base.Build(stack);
        stack.Binding("other", over: "mux1");
    }

    private async Task Settled(string what, params Task[] asked)
    {
        await Named(what, Task.WhenAll(asked).ContinueWith(_ => { }, TaskScheduler.Default));
        asked.Where(task => task.IsFaulted).ShouldAllBe(task => task.Exception!.InnerException is OffloadException
            || task.Exception.InnerException is StateOperationException
            || task.Exception.InnerException is InvalidOperationException);
    }

    private Neighbor NewNeighbor(int vlan = 0) => Binding.NewNeighbor(Mac(9), vlan);

    private NetworkPath NewPath(Neighbor neighbor) => Binding.NewPath(neighbor, Here, There, 1_500);

    private Task<OffloadedConnection> OnAsync(NetworkPath path) => Within(Binding.OffloadAsync(NewSocket(), path));

    /// <summary>What each new object was linked to, in the order of the offloads.</summary>
    private OffloadHandle[] Parents() =>
        [.. Target.Submitted.OfType<InitiateOffload>().Select(request => ((OffloadBlock)request.Flight.Head).Parent)];

    private async Task EndAsync(params OffloadedConnection[] connections)
    {
        foreach (OffloadedConnection connection in connections)
            await Within(connection.DisposeAsync().AsTask());
        await NothingLeft();
    }

    private async Task NothingLeft()
    {
        await Until(() => Binding.Network.Count == 0);
        (Chimney.Connections, Chimney.StateObjects).ShouldBe((0, 0));
        await Until(() => Target.Objects.Length == 0);
    }

    private static PhysicalAddress Mac(byte last) => new([2, 0, 0, 0, 0, last]);
}

/// <summary>A target that has no room for what it does not know.</summary>
public sealed class PathlessTargetSpecs : StackSpec
{
    [Fact]
    public async Task Where_neighbors_and_paths_are_not_taken_connections_go_without()
    {
        Binding binding = Chimney.Binding("tcpip");
        binding.TakesStateObjects.ShouldBeFalse();
        Neighbor neighbor = binding.NewNeighbor(new PhysicalAddress([2, 0, 0, 0, 0, 9]));
        NetworkPath path = binding.NewPath(neighbor, IPAddress.Loopback, IPAddress.Loopback, 1_500);
        OffloadedConnection connection = await Within(binding.OffloadAsync(NewSocket(), path));
        (path.Handle, Chimney.StateObjects).ShouldBe((OffloadHandle.None, 0));
        await Within(path.UpdateAsync(1_400));
        await Within(path.InvalidateAsync());
        Target.Submitted.ShouldHaveSingleItem().ShouldBeOfType<InitiateOffload>();
        await Within(connection.DisposeAsync().AsTask());
    }

    internal override void Build(StackBuilder stack)
    {
        Target.TakesObjects = false;
        base.Build(stack);
    }
}
