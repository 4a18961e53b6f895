using Akka.Configuration;
using Akka.Dispatch;
using ChimneyActors.Embedding;
using ChimneyActors.Miniports;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Every setting has a range, and a value outside is refused by name.</summary>
public sealed class SettingRangeSpecs
{
    /// <summary>Every key, its first and last lawful values, and values that are none.</summary>
    public static TheoryData<string, string, string, string[]> Keys => new()
    {
        { "pools.sends-max", "1", "1000000", Counts("0", "1000001") },
        { "pools.receives-max", "1", "1000000", Counts("0", "1000001") },
        { "pools.forwards-max", "1", "1000000", Counts("0", "1000001") },
        { "pools.indications-max", "1", "1000000", Counts("0", "1000001") },
        { "pools.indication-bytes", "512", "1048576", Counts("511", "1048577") },
        { "intermediate.contexts-max", "0", "1000000", Counts("-1", "1000001") },
        { "miniport.shelves", "1", "1024", Counts("0", "1025") },
        { "restart.restarts-max", "0", "1000000", Counts("-1", "1000001") },
        { "restart.window", "1s", "1d", Durations("999ms", "86401s") },
        { "restart.backoff-min", "0ms", "1m", Durations("61s") },
        { "restart.backoff-max", "0ms", "10m", Durations("601s") },
        { "hang-watch.interval", "10ms", "1h", Durations("9ms", "3601s") },
        { "hang-watch.deadline", "10ms", "1d", Durations("9ms", "86401s") },
        { "hang-watch.sever-deadline", "100ms", "1h", Durations("99ms", "3601s") },
        { "verifier.request-age-max", "0s", "1d", Durations("86401s") },
        { "neighbors.reachable-time", "1ms", "1d", Durations("0ms", "86401s") },
        { "neighbors.delay", "1ms", "1h", Durations("0ms", "3601s") },
        { "stop-timeout", "100ms", "1h", Durations("99ms", "3601s") },
        { "dispatcher", "a", "b.c", ["\"\"", "{ a = 1 }"] },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void The_ends_of_a_range_are_lawful_and_what_lies_outside_is_refused_by_name(
        string key, string first, string last, string[] wrong)
    {
        ChimneySettings.From(With(key, first));
        ChimneySettings.From(With(key, last));
        foreach (string value in wrong)
        {
            string message = Should.Throw<ChimneySettingsException>(
                () => ChimneySettings.From(With(key, value)), $"{key} = {value}").Message;
            message.ShouldStartWith($"setting chimney.{key} = '");
            message.ShouldContain(wrong.Contains("many") ? $"': must be a whole number from {first} to {last}"
                : wrong.Contains("soon") ? "': must be a duration from " : "': must be a plain value");
            if (!value.StartsWith('{'))
                message.ShouldContain($"'{value.Trim('"')}'", Case.Sensitive, "the value as it was written");
        }
    }

    [Fact]
    public void The_range_is_said() =>
        Should.Throw<ChimneySettingsException>(() => ChimneySettings.From(With("pools.sends-max", "0")))
            .Message.ShouldBe("setting chimney.pools.sends-max = '0': must be a whole number from 1 to 1000000");

    [Fact]
    public void What_is_not_set_is_as_the_reference_says()
    {
        StackSettings stack = ChimneySettings.From(ConfigurationFactory.Empty).Stack;
        (stack.SendsMax, stack.ReceivesMax, stack.IndicationsMax).ShouldBe((65536, 65536, 2048));
        (stack.IndicationBytes, stack.Shelves, stack.RestartsMax).ShouldBe((65536, 16, 20));
        (stack.RestartWindow, stack.BackoffMin, stack.BackoffMax).ShouldBe(
            (TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1)));
        (stack.HangInterval, stack.HangDeadline, stack.SeverDeadline).ShouldBe(
            (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)));
        (stack.ReachableTime, stack.NeighborDelay).ShouldBe((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)));
        (stack.StopsBreakers, stack.BreachesMax, stack.RequestAgeMax).ShouldBe((false, 0, TimeSpan.Zero));
        (stack.StopTimeout, stack.Dispatcher).ShouldBe(
            (TimeSpan.FromSeconds(10), "chimney.run-to-completion"));
    }

    [Fact]
    public void What_is_set_stands_above_the_reference()
    {
        StackSettings stack = ChimneySettings.From(With("pools.sends-max", "7")).Stack;
        (stack.SendsMax, stack.ReceivesMax).ShouldBe((7, 65536));
    }

    [Fact]
    public void The_mailboxes_are_there_under_the_names_that_drivers_and_connections_use()
    {
        Config reference = ChimneySettings.Reference();
        foreach (string mailbox in new[] { DriverActor.Mailbox, ShelfActor.LeanMailbox })
            Type.GetType(reference.GetString(mailbox + ".mailbox-type"), throwOnError: true)!
                .IsSubclassOf(typeof(MailboxType)).ShouldBeTrue(mailbox);
    }

    private static Config With(string key, string value) =>
        ConfigurationFactory.ParseString($"chimney.{key} = {value}");

    private static string[] Counts(params string[] outside) =>
        [.. outside, "many", "1.5", "\"\"", "99999999999", "1e3", "{ a = 1 }"];

    private static string[] Durations(params string[] outside) =>
        [.. outside, "-1s", "soon", "\"\"", "infinite", "5 parsecs", "99999999999999999999s", "{ a = 1 }"];
}
