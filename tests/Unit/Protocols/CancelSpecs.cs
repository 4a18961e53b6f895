using System.Text;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Protocols;

/// <summary>LIFE-16: what still waits in its binding can be cancelled, and leaves no hole.</summary>
public sealed class CancelSpecs : SmallPoolSpec
{
    [Fact]
    public async Task One_that_waits_is_never_sent_and_what_is_behind_it_closes_up()
    {
        using var cancel = new CancellationTokenSource();
        (OffloadedConnection connection, Task<SendResult>[] full) = await FullAsync();
        Task<SendResult> ahead = Send(connection, "ah"), waits = Send(connection, "never", cancel.Token);
        Task<SendResult> behind = Send(connection, "be");
        await cancel.CancelAsync();

        (await Named("cancelled", waits)).ShouldBe(new SendResult(NdisStatus.SendAborted, 0));

        Task<SendResult> later = Send(connection, "la");        // counts from where it would have been
        Task<DisconnectResult> end = connection.DisconnectAsync(DisconnectKind.Graceful, "fin"u8.ToArray());
        Target.IsAutomatic = true;
        Target[connection.Handle].Run();
        foreach (SendResult sent in await Named("others", Task.WhenAll([.. full, ahead, behind, later])))
            sent.Status.ShouldBe(NdisStatus.Success);
        (await Named("end", end)).ShouldBe(new DisconnectResult(NdisStatus.Success, 11));
        Target[connection.Handle].Sent.ShouldBe("..ahbelafin"u8.ToArray());
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task One_that_went_down_ends_as_any_other()
    {
        using var cancel = new CancellationTokenSource();
        (OffloadedConnection connection, Task<SendResult>[] full) = await FullAsync(cancel.Token);
        await cancel.CancelAsync();
        await connection.MakesARoundAsync(this);
        full.ShouldAllBe(send => !send.IsCompleted);

        Target[connection.Handle].Run();

        (await Named("sends", Task.WhenAll(full))).ShouldAllBe(send => send.Status == NdisStatus.Success);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task One_that_iscancelled_before_it_is_posted_is_not_posted()
    {
        using var cancel = new CancellationTokenSource();
        OffloadedConnection connection = await OffloadAsync();
        await cancel.CancelAsync();
        (await connection.SendAsync(new byte[5], cancel.Token)).Status.ShouldBe(NdisStatus.SendAborted);
        (await Named("next", Send(connection, "x"))).Status.ShouldBe(NdisStatus.Success);
        Target[connection.Handle].Sent.ShouldBe("x"u8.ToArray());
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Another_connection_stands_where_it_stood()
    {
        using var cancel = new CancellationTokenSource();
        (OffloadedConnection connection, Task<SendResult>[] full) = await FullAsync();
        OffloadedConnection other = await OffloadAsync();
        Task<SendResult> waits = Send(connection, "never", cancel.Token), theirs = Send(other, "theirs");
        await cancel.CancelAsync();
        (await Named("cancelled", waits)).Status.ShouldBe(NdisStatus.SendAborted);
        Target.IsAutomatic = true;
        Target[connection.Handle].Run();
        (await Named("theirs", theirs)).Status.ShouldBe(NdisStatus.Success);
        await Named("full", Task.WhenAll(full));
        Target[other.Handle].Sent.ShouldBe("theirs"u8.ToArray());
        foreach (OffloadedConnection one in (OffloadedConnection[])[connection, other])
            await Named("dispose", one.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task A_token_that_lives_on_keeps_nothing_of_a_send_that_is_over()
    {
        using var cancel = new CancellationTokenSource();
        OffloadedConnection connection = await OffloadAsync();
        for (int number = 0; number < 100; number++)
            (await Named("send", Send(connection, "x", cancel.Token))).Status.ShouldBe(NdisStatus.Success);

        await cancel.CancelAsync();        // would tell the binding of each, and throw what they throw

        (await Named("next", Send(connection, "y"))).Status.ShouldBe(NdisStatus.Success);
        Target[connection.Handle].Sent.Length.ShouldBe(101);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(CrashStep.Before)]
    [InlineData(CrashStep.Between)]
    [InlineData(CrashStep.After)]
    public async Task Whoever_dies_each_is_answered_once_and_the_stream_has_no_hole(CrashStep step)
    {
        for (int visit = 0; visit < 20; visit++)
        {
            using var cancel = new CancellationTokenSource();
            OffloadedConnection connection = await OffloadAsync();
            Crashes.Arm("tcpip", step, visit);
            Task<SendResult>[] sends = [.. Enumerable.Range(0, 12).Select(i =>
                connection.SendAsync(new[] { (byte)i }, i % 3 == 1 ? cancel.Token : default).AsTask())];
            await cancel.CancelAsync();
            SendResult[] results = await Named($"sends {visit}", Task.WhenAll(sends));
            Crashes.Disarm();
            UploadResult rest = await Named("upload", connection.UploadAsync());
            byte[] succeeded = [.. Enumerable.Range(0, 12).Where(i => results[i].Status == NdisStatus.Success)
                .Select(i => (byte)i)];
            Target.PeerOf(rest.Socket!).Got.ShouldBe(succeeded, $"{visit}");
            // What is sent is sent in order, and once something is lost nothing more is.
            NdisStatus[] kept = [.. results.Select(one => one.Status).Where(one => one != NdisStatus.SendAborted)];
            kept.SkipWhile(one => one == NdisStatus.Success)
                .ShouldAllBe(one => one == NdisStatus.UploadInProgress, $"{visit}");
            rest.Socket!.Dispose();
        }
    }

    /// <summary>A connection that has used up the pool: what comes next waits.</summary>
    private async Task<(OffloadedConnection Connection, Task<SendResult>[] Full)> FullAsync(
        CancellationToken cancellation = default)
    {
        Target.IsAutomatic = false;
        OffloadedConnection connection = await OffloadAsync();
        Task<SendResult>[] full = [Send(connection, ".", cancellation), Send(connection, ".", cancellation)];
        await Until(() => Target[connection.Handle].Queued == 2);
        return (connection, full);
    }

    private static Task<SendResult> Send(
        OffloadedConnection connection, string data, CancellationToken cancellation = default) =>
        connection.SendAsync(Encoding.ASCII.GetBytes(data), cancellation).AsTask();
}
