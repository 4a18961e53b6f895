using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>What uses a part of the chimney is terminated before that is disabled (TERM-26).</summary>
public sealed class DisablingSpecs : AdapterSpec
{
    private static readonly TcpTaskOffload OnlyIPv6 = new(IPv4: false, IPv6: true);

    internal override string Settings => "chimney.life { interval = 1 ms, deadline = 100 ms }";

    [Fact]
    public async Task Connections_of_every_protocol_are_back_before_it_is_disabled()
    {
        OffloadedConnection[] all = [await OffloadAsync(), await OffloadAsync(NewSocket(), null, "other")];
        bool wereThere = true;
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is TerminateOffloadComplete)
                wereThere &= Nic.Configuration.SupportIPv4;
            upcalls.Complete(completion);
        };

        await Within(Disable("tcpip"));

        Chimney.Connections.ShouldBe(0);
        (wereThere, Nic.Configuration.SupportIPv4).ShouldBe((true, false));
        foreach (OffloadedConnection connection in all)
        {
            (await Within(connection.UploadWanted)).ShouldBe(TcpUploadReason.UploadRequested);
            (await Within(connection.UploadAsync())).Socket.ShouldNotBeNull();
        }
        await RefusedAsync(NdisStatus.OffloadConnectionRejected);
    }

    [Fact]
    public async Task What_does_not_come_back_in_time_is_named_and_nothing_is_disabled()
    {
        await OffloadAsync();
        Action letGo = () => { };
        Target.Deliver = (completion, upcalls) =>
        {
            if (completion is TerminateOffloadComplete)
                letGo = () => upcalls.Complete(completion);
            else
                upcalls.Complete(completion);
        };

        OidException late = await Should.ThrowAsync<OidException>(() => Within(Disable("tcpip")));

        late.Status.ShouldBe(NdisStatus.Failure);
        late.Message.ShouldContain("1 connections that use it have not come back from 'nic0'");
        Nic.Configuration.SupportIPv4.ShouldBeTrue();
        letGo();
        await Until(() => Chimney.Connections == 0);
        await OffloadAsync();
    }

    [Fact]
    public async Task What_goes_on_being_enabled_stays_offloaded()
    {
        OffloadedConnection connection = await OffloadAsync();
        await Within(Chimney.Binding("tcpip").RequestAsync(
            Oid.TcpTaskOffload, OidMethod.Set, new TcpTaskOffload(IPv4: true, IPv6: false)));
        (await Within(connection.SendAsync(new byte[3]).AsTask())).Status.ShouldBe(NdisStatus.Success);
        connection.UploadWanted.IsCompleted.ShouldBeFalse();
    }

    private Task<object?> Disable(string binding) =>
        Chimney.Binding(binding).RequestAsync(Oid.TcpTaskOffload, OidMethod.Set, OnlyIPv6);
}
