using Akka.Actor;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster.Tests.Nodes;

public sealed class SettingsSpecs
{
    [Fact]
    public void Every_setting_of_the_file_is_read_and_none_that_is_not_there()
    {
        string[] file = [.. Leaves(ClusterSettings.Reference().GetValue("chimney.cluster"), "")];
        ClusterSettings.From(Config.Empty).Keys.Order().ShouldBe(file.Order());
    }

    [Theory]
    [InlineData("connections-max = 0", "chimney.cluster.connections-max = '0': must be a whole number from 1")]
    [InlineData("link.window-bytes = many", "'many'")]
    [InlineData("hello-interval = soon", "must be a duration")]
    [InlineData("sever-after = 2 h", "must be a duration from 00:00:00.0100000 to 01:00:00")]
    [InlineData("host-role = \"\"", "not empty")]
    public void A_value_that_is_not_lawful_is_named_with_its_range(string text, string named) =>
        Should.Throw<ChimneySettingsException>(() => ClusterSettings.From(
            ConfigurationFactory.ParseString($"chimney.cluster {{ {text} }}"))).Message.ShouldContain(named);

    [Fact]
    public async Task A_system_without_the_serializer_is_refused_with_the_remedy()
    {
        var system = ActorSystem.Create("bare", ConfigurationFactory.ParseString("akka.loglevel = OFF"));
        Should.Throw<ChimneySettingsException>(() => new ClusterTarget(system))
            .Message.ShouldContain("ClusterSettings.Reference()");
        await system.Terminate();
    }

    private static IEnumerable<string> Leaves(HoconValue value, string path) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves(item.Value, path.Length == 0 ? item.Key
            : $"{path}.{item.Key}"))
        : [path];
}
