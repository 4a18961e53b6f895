using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>CAP, and control requests: each is answered once, one after the other, whoever dies.</summary>
public sealed class OidSpecs : AdapterSpec
{
    private const int VisitsMax = 4;
    private static readonly TcpOffloadStatistics Counted = new() { InSegments = 42 };

    [Fact]
    public async Task Whoever_is_bound_tells_the_adapter_what_it_wants_of_its_tcp()
    {
        OidBlock[] told = [.. Scripted.Asked];

        told.ShouldAllBe(oid => oid.Oid == Oid.TcpConnectionOffloadParameters && oid.Method == OidMethod.Set);
        told.Length.ShouldBe(2, "both protocols say it");
        told[0].Information.ShouldBe(Chimney.Stack.Settings.Parameters);
        Nic.Parameters.ShouldBe(Chimney.Stack.Settings.Parameters);

        TcpConnectionOffloadParameters other = Nic.Parameters! with { TcpAckFrequency = 7 };
        await Within(Nic.SetParametersAsync(other));

        Scripted.Asked.Last().Information.ShouldBe(other);
        Nic.Parameters.ShouldBe(other);
        await Done(Nic.HaltAsync());
        await Done(Nic.InitializeAsync());
        Scripted.Asked.Last().Information.ShouldBe(other, "the next one is told what was told last");
    }

    [Theory]
    [InlineData(99, 2, 200, "TicksPerSecond")]
    [InlineData(100, 0, 200, "TcpAckFrequency")]
    [InlineData(100, 2, 256, "TcpDelayedAckTicks")]
    public async Task Parameters_outside_of_their_range_are_refused(int ticks, int ack, int delayed, string name)
    {
        TcpConnectionOffloadParameters wrong = Nic.Parameters! with
        {
            TicksPerSecond = ticks,
            TcpAckFrequency = ack,
            TcpDelayedAckTicks = delayed,
        };

        (await Should.ThrowAsync<ArgumentOutOfRangeException>(() => Nic.SetParametersAsync(wrong)))
            .ParamName.ShouldBe(name);
    }

    [Fact]
    public async Task What_it_counts_is_told_and_reset_for_each_family_alone()
    {
        Scripted.OnRequest = oid =>
        {
            if (oid.Method == OidMethod.Query)
                oid.Answer(oid.Oid is Oid.Tcp4OffloadStatistics or Oid.Tcp6OffloadStatistics
                    ? Counted
                    : new IpOffloadStatistics { InOctets = 7 });
            return NdisStatus.Success;
        };
        int before = Scripted.Asked.Count;

        (await Within(Nic.TcpStatisticsAsync())).ShouldBe(Counted);
        (await Within(Nic.IpStatisticsAsync(AddressFamily.InterNetworkV6))).InOctets.ShouldBe(7ul);
        await Within(Nic.ResetTcpStatisticsAsync(AddressFamily.InterNetworkV6));
        await Within(Nic.ResetIpStatisticsAsync());

        Scripted.Asked.Skip(before).Select(oid => (oid.Oid, oid.Method)).ShouldBe(
        [
            (Oid.Tcp4OffloadStatistics, OidMethod.Query), (Oid.Ip6OffloadStatistics, OidMethod.Query),
            (Oid.Tcp6OffloadStatistics, OidMethod.Set), (Oid.Ip4OffloadStatistics, OidMethod.Set),
        ]);
    }

    [Fact]
    public async Task The_runtime_answers_what_the_adapter_can_and_nobody_can_set_it()
    {
        int before = Scripted.Asked.Count;
        Binding binding = Chimney.Binding("tcpip");

        Oid[] known = [Oid.TcpConnectionOffloadHardwareCapabilities, Oid.TcpConnectionOffloadCurrentConfig];

        foreach (Oid oid in known)
        {
            (await Within(binding.RequestAsync(oid, OidMethod.Query)))
                .ShouldBeOfType<OffloadCapabilities>().IsCapable.ShouldBeTrue();
            (await Should.ThrowAsync<OidException>(() => binding.RequestAsync(oid, OidMethod.Set, Nic.Capabilities)))
                .Status.ShouldBe(NdisStatus.NotSupported);
        }
        (await Within(binding.RequestAsync(Oid.TcpConnectionOffloadParameters, OidMethod.Query)))
            .ShouldBe(Nic.Parameters);

        Scripted.Asked.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Only_what_was_enabled_last_is_offloaded()
    {
        Binding binding = Chimney.Binding("other");
        await Within(binding.RequestAsync(Oid.TcpTaskOffload, OidMethod.Set, new TcpTaskOffload(false, true)));

        await RefusedAsync(NdisStatus.OffloadConnectionRejected, "other");
        (Nic.Configuration.SupportIPv4, Nic.Configuration.SupportIPv6).ShouldBe((false, true));
        Nic.Capabilities.SupportIPv4.ShouldBeTrue();

        await Within(binding.RequestAsync(Oid.TcpTaskOffload, OidMethod.Set, new TcpTaskOffload(true, false)));
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task An_adapter_without_a_framing_is_no_adapter_that_can_offload()
    {
        OnMade = made => made.Capabilities = made.Capabilities with { Encapsulation = OffloadEncapsulation.Null };
        await Done(Nic.HaltAsync());
        await Done(Nic.InitializeAsync());

        await RefusedAsync(NdisStatus.Paused);
    }

    [Fact]
    public async Task The_next_one_waits_until_the_adapter_has_done_the_last()
    {
        Scripted.OnRequest = _ => NdisStatus.Pending;
        int before = Scripted.Asked.Count;
        Task<TcpOffloadStatistics>[] all = [.. Enumerable.Range(0, 3).Select(_ => Nic.TcpStatisticsAsync())];

        for (int done = 0; done < all.Length; done++)
        {
            await Until(() => Scripted.Asked.Count == before + done + 1);
            OidBlock asked = Scripted.Asked.Last();
            all[done..].ShouldAllBe(one => !one.IsCompleted);
            asked.Answer(Counted);
            Scripted.Upcalls.OidComplete(asked, NdisStatus.Success);
            (await Within(all[done])).ShouldBe(Counted);
        }
    }

    [Fact]
    public async Task What_nobody_asked_for_is_reported_and_so_is_a_status_that_is_none()
    {
        Expected = [VerifierCheck.UnexpectedComplete, VerifierCheck.StatusNotAllowed];
        Scripted.OnRequest = _ => NdisStatus.UploadInProgress;

        (await Should.ThrowAsync<OidException>(() => Nic.TcpStatisticsAsync())).Status.ShouldBe(NdisStatus.Failure);

        Scripted.Upcalls.OidComplete(Scripted.Asked.Last(), NdisStatus.Success);
    }

    [Fact]
    public async Task After_a_removal_it_is_not_accepted()
    {
        Scripted.OnRequest = _ => NdisStatus.Pending;
        Task<TcpOffloadStatistics> waiting = Nic.TcpStatisticsAsync();
        Task<TcpOffloadStatistics> behind = Nic.TcpStatisticsAsync();
        await Until(() => Scripted.Asked.Last().Oid == Oid.Tcp4OffloadStatistics);

        await Done(Nic.RemoveAsync());

        Task<TcpOffloadStatistics>[] all = [waiting, behind, Nic.TcpStatisticsAsync()];
        foreach (Task<TcpOffloadStatistics> one in all)
            (await Should.ThrowAsync<OidException>(one)).Status.ShouldBe(NdisStatus.NotAccepted);
    }

    [Fact]
    public async Task A_binding_is_closed_when_its_control_requests_are_answered()
    {
        Scripted.OnRequest = _ => NdisStatus.Pending;
        Binding binding = Chimney.Binding("tcpip");
        Task<object?> asked = binding.RequestAsync(Oid.Tcp4OffloadStatistics, OidMethod.Query);
        await Until(() => Scripted.Asked.Last().Oid == Oid.Tcp4OffloadStatistics);

        LifeResult unbound = await Named("unbind", binding.UnbindAsync(TimeSpan.Zero));
        await Until(() => binding.State == BindingState.Closing);

        unbound.Status.ShouldBe(NdisStatus.Pending);
        (await Named("unbind", binding.UnbindAsync(TimeSpan.Zero))).Held.ShouldHaveSingleItem();
        Scripted.Asked.Last().Answer(Counted);
        Scripted.Upcalls.OidComplete(Scripted.Asked.Last(), NdisStatus.Success);
        (await Within(asked)).ShouldBe(Counted);
        await Done(binding.UnbindAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_adapter_is_halted_when_its_control_requests_are_answered_or_given_up(bool isAnswered)
    {
        Scripted.OnRequest = _ => NdisStatus.Pending;
        Task<TcpOffloadStatistics> waiting = Nic.TcpStatisticsAsync();
        Task<TcpOffloadStatistics> behind = Nic.TcpStatisticsAsync();
        await Until(() => Scripted.Asked.Last().Oid == Oid.Tcp4OffloadStatistics);
        ScriptedAdapter halting = Scripted;

        Task<LifeResult> halt = Nic.HaltAsync();
        await Until(() => Nic.State == AdapterState.Paused);
        halting.Halted.ShouldBeNull();
        if (isAnswered)
        {
            int before = halting.Asked.Count;
            halting.Upcalls.OidComplete(halting.Asked.Last(), NdisStatus.NotSupported);
            await Until(() => halting.Asked.Count > before);
            halting.Upcalls.OidComplete(halting.Asked.Last(), NdisStatus.NotSupported);
        }

        await Done(halt);
        NdisStatus expected = isAnswered ? NdisStatus.NotSupported : NdisStatus.RequestAborted;
        foreach (Task<TcpOffloadStatistics> one in (Task<TcpOffloadStatistics>[])[waiting, behind])
            (await Should.ThrowAsync<OidException>(() => Within(one))).Status.ShouldBe(expected);
        halting.Halted.ShouldBe(HaltAction.DeviceDisabled);
        await Done(Nic.InitializeAsync());
        await Named("works", (await OffloadAsync()).DisposeAsync().AsTask());
    }

    [Fact]
    public async Task One_that_is_never_done_leads_to_a_reset_and_is_answered()
    {
        Scripted.OnRequest = _ => NdisStatus.Pending;
        Task<TcpOffloadStatistics> forgotten = Nic.TcpStatisticsAsync();

        (await Should.ThrowAsync<OidException>(() => Within(forgotten))).Status.ShouldBe(NdisStatus.RequestAborted);

        await Until(() => Scripted.Resets > 0);
        Scripted.OnRequest = oid =>
        {
            oid.Answer(Counted);
            return NdisStatus.Success;
        };
        (await Within(Nic.TcpStatisticsAsync())).ShouldBe(Counted);
    }

    public static TheoryData<string, CrashStep> Deaths() => ScriptedCrashes.Each(
        "nic0", "mux0", "tcpip");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Whoever_dies_each_is_answered_once_and_the_next_is_served(string driver, CrashStep step)
    {
        var pending = new List<OidBlock>();
        for (int visit = 0; visit < VisitsMax; visit++)
        {
            bool isLate = visit % 2 == 1;
            Scripted.OnRequest = oid =>
            {
                oid.Answer(Counted);
                lock (pending)
                    if (isLate)
                        pending.Add(oid);
                return isLate ? NdisStatus.Pending : NdisStatus.Success;
            };
            Crashes.Arm(driver, step, visit);
            Task<TcpOffloadStatistics> asked = Nic.TcpStatisticsAsync();
            await Until(() => asked.IsCompleted || pending.Count > 0);
            lock (pending)
                pending.ForEach(oid => Scripted.Upcalls.OidComplete(oid, NdisStatus.Success));
            pending.Clear();
            await Until(() => asked.IsCompleted);
            if (asked.IsFaulted)
                (await Should.ThrowAsync<OidException>(asked)).Status.ShouldBe(NdisStatus.Failure);
            else
                (await asked).ShouldBe(Counted);
            Crashes.Disarm();
        }
        Scripted.OnRequest = oid =>
        {
            oid.Answer(Counted);
            return NdisStatus.Success;
        };
        await Until(() => Chimney.Stack.Oids.IsEmpty);
        (await Within(AskUntilServedAsync())).ShouldBe(Counted);
    }

    /// <summary>A driver between two lives refuses for a moment.</summary>
    private async Task<TcpOffloadStatistics> AskUntilServedAsync()
    {
        while (true)
            try
            {
                return await Nic.TcpStatisticsAsync();
            }
            catch (OidException failed) when (failed.Status == NdisStatus.Failure)
            {
                await Task.Yield();
            }
    }
}
