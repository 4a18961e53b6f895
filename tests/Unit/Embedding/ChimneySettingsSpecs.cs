using Akka.Configuration;
using ChimneyActors.Embedding;

namespace ChimneyActors.Unit.Embedding;

public sealed class ChimneySettingsSpecs
{
    /// <summary>Read by Akka when it makes a mailbox or a dispatcher.</summary>
    private static readonly string[] ReadByAkka =
    [
        "lean-mailbox.mailbox-type", "driver-mailbox.mailbox-type",
        "run-to-completion.type", "run-to-completion.executor", "run-to-completion.throughput",
    ];

    [Fact]
    public void Every_default_is_read_and_everything_read_has_a_default()
    {
        string[] defaults = [.. Leaves(ChimneySettings.Reference().GetConfig("chimney"))];
        IReadOnlyCollection<string> read = ChimneySettings.From(Config.Empty).Keys;
        read.Concat(ReadByAkka).Order().ShouldBe(defaults.Order());
    }

    [Theory]
    [InlineData("pools.sends-max", "0", "a whole number from 1 to 1000000")]
    [InlineData("pools.receives-max", "many", "a whole number from 1 to 1000000")]
    [InlineData("pools.indications-max", "1000001", "a whole number from 1 to 1000000")]
    [InlineData("pools.indication-bytes", "511", "a whole number from 512 to 1048576")]
    [InlineData("miniport.shelves", "-1", "a whole number from 1 to 1024")]
    [InlineData("restart.restarts-max", "-1", "a whole number from 0 to 1000000")]
    [InlineData("restart.window", "999 ms", "a duration from 00:00:01 to 1.00:00:00")]
    [InlineData("restart.backoff-min", "2 m", "a duration from 00:00:00 to 00:01:00")]
    [InlineData("restart.backoff-max", "11 m", "a duration from 00:00:00 to 00:10:00")]
    [InlineData("hang-watch.interval", "soon", "a duration from 00:00:00.0100000 to 01:00:00")]
    [InlineData("hang-watch.deadline", "2 d", "a duration from 00:00:00.0100000 to 1.00:00:00")]
    [InlineData("hang-watch.sever-deadline", "1 ms", "a duration from 00:00:00.1000000 to 01:00:00")]
    [InlineData("verifier.request-age-max", "25 h", "a duration from 00:00:00 to 1.00:00:00")]
    [InlineData("stop-timeout", "infinite", "a duration from 00:00:00.1000000 to 01:00:00")]
    [InlineData("dispatcher", "\"\"", "not empty")]
    public void A_bad_value_names_path_value_and_range(string key, string value, string range)
    {
        Config config = ConfigurationFactory.ParseString($"chimney.{key} = {value}");
        string message = Should.Throw<ChimneySettingsException>(() => ChimneySettings.From(config)).Message;
        message.ShouldContain($"chimney.{key}");
        message.ShouldContain($"'{value.Trim('"')}'");
        message.ShouldContain(range);
    }

    [Fact]
    public void A_hosts_value_stands_above_the_default()
    {
        Config config = ConfigurationFactory.ParseString("chimney.miniport.shelves = 3");
        ChimneySettings.From(config).Stack.Shelves.ShouldBe(3);
        ChimneySettings.From(config).Stack.SendsMax.ShouldBe(65536);
    }

    private static IEnumerable<string> Leaves(Config config) =>
        config.AsEnumerable().SelectMany(pair => Leaves(pair.Key, pair.Value));

    private static IEnumerable<string> Leaves(string path, Akka.Configuration.Hocon.HoconValue value) =>
        value.IsObject()
            ? value.GetObject().Items.SelectMany(item => Leaves($"{path}.{item.Key}", item.Value))
            : [path];
}
