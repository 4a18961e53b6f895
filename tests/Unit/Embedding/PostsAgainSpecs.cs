using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>A post is used again when nobody but its user can still know it: its binding landed it, and the result was
/// read. On one thread, which keeps what it read.</summary>
public sealed class PostsAgainSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly BindingConnection _connection;

    public PostsAgainSpecs()
    {
        _connection = Over("tcpip");
        // Whatever other specs left on this thread.
        for (int i = 0; i < 200; i++)
            SendPost.For(_connection, default);
    }

    [Fact]
    public async Task What_its_binding_landed_is_used_again_when_its_result_was_read()
    {
        SendPost post = SendPost.For(_connection, new byte[3]);
        ValueTask<SendResult> result = post.Result;
        SendPost.For(_connection, default).ShouldNotBeSameAs(post, "it is not answered");
        post.TryAnswer(Report(3, atHome: true)).ShouldBeTrue();
        SendPost.For(_connection, default).ShouldNotBeSameAs(post, "nobody has read the result");
        (await result).ShouldBe(new SendResult(NdisStatus.Success, 3));

        var other = Over("other");
        SendPost again = SendPost.For(other, new byte[5]);

        again.ShouldBeSameAs(post);
        (again.Connection, again.Memory.Length, again.IsSafe, again.Next).ShouldBe((other, 5, false, null));
        again.Result.IsCompleted.ShouldBeFalse();
        again.TryAnswer(Report(5, atHome: true)).ShouldBeTrue("it is a new promise");
        (await again.Result).BytesAcknowledged.ShouldBe(5);
        (_connection.Acknowledged, other.Acknowledged).ShouldBe((3, 5));
    }

    [Fact]
    public async Task What_somebody_else_answered_is_not_used_again()
    {
        SendPost landed = SendPost.For(_connection, new byte[1]);
        landed.TryAnswer(Report(1, atHome: false)).ShouldBeTrue();
        SendPost refused = SendPost.For(_connection, new byte[1]);
        refused.Refuse(NdisStatus.UploadInProgress);
        SendPost lost = SendPost.For(_connection, new byte[1]);
        lost.Lost();
        foreach (SendPost post in (SendPost[])[landed, refused, lost])
        {
            post.Result.IsCompleted.ShouldBeTrue();
            _ = await post.Result;
        }

        SendPost.For(_connection, default).ShouldNotBeOneOf(landed, refused, lost);
    }

    [Fact]
    public async Task A_result_that_is_read_twice_is_refused_and_not_somebody_elses()
    {
        SendPost post = SendPost.For(_connection, new byte[1]);
        ValueTask<SendResult> result = post.Result;
        post.TryAnswer(Report(1, atHome: true));
        _ = await result;
        (await IsRefusedAsync(result)).ShouldBeTrue();
        SendPost.For(_connection, new byte[9]).ShouldBeSameAs(post);
        (await IsRefusedAsync(result)).ShouldBeTrue();
        SendPost.For(_connection, new byte[9]).ShouldNotBeSameAs(post, "it was kept once");
    }

    [Fact]
    public async Task A_member_of_a_chain_is_used_again_without_the_chain()
    {
        SendPost first = SendPost.For(_connection, new byte[1]);
        SendPost second = SendPost.For(_connection, new byte[1]);
        first.Next = second;
        first.TryAnswer(Report(1, atHome: true));
        _ = await first.Result;
        SendPost again = SendPost.For(_connection, new byte[1]);
        (again, again.Next).ShouldBe((first, null));
        again.Lost();
        second.Result.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Posted_space_is_used_again_too()
    {
        ReceivePost post = ReceivePost.For(_connection, new byte[4], noPush: true);
        post.TryAnswer(new Landed(OffloadOperation.Receive, NdisStatus.Success, 2, false, null, AtHome: true));
        (await post.Result).ShouldBe(new ReceiveResult(NdisStatus.Success, 2));
        ReceivePost again = ReceivePost.For(_connection, new byte[6], noPush: false);
        (again, again.NoPush, again.Memory.Length).ShouldBe((post, false, 6));
        _connection.Received.ShouldBe(2);
    }

    private BindingConnection Over(string binding)
    {
        Edge edge = new Ear(binding).Edge;
        return new BindingConnection(_stack, edge, new OffloadedConnection(_stack, edge, null));
    }

    // It throws at once, so the test stays on its thread.
    private static async Task<bool> IsRefusedAsync(ValueTask<SendResult> result)
    {
        try
        {
            await result;
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static Landed Report(long bytes, bool atHome) =>
        new(OffloadOperation.Send, NdisStatus.Success, bytes, !atHome, null, atHome);
}
