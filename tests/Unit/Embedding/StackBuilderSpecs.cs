using Akka.Actor;
using ChimneyActors.Embedding;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

public sealed class StackBuilderSpecs : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("builder");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public Task A_stack_needs_a_binding() => Fails("at least one binding", Nic);

    [Fact]
    public Task What_is_under_a_driver_comes_first() =>
        Fails("'mux0' stands over 'nic1'", stack => Nic(stack).Intermediate("mux0", over: "nic1"));

    [Fact]
    public Task Nothing_stands_over_a_binding() => Fails("which is a binding",
        stack => Nic(stack).Binding("tcpip", over: "nic0").Intermediate("mux0", over: "tcpip"));

    [Fact]
    public Task Names_are_unique() => Fails("Two drivers are named 'nic0'", stack => Nic(Nic(stack)));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public Task Names_are_plain(string name) =>
        Fails("letters, digits", stack => Nic(stack).Binding(name, over: "nic0"));

    [Fact]
    public Task A_stack_has_eight_layers_at_most() => Fails("More than 8 layers", stack =>
    {
        Nic(stack);
        for (int i = 0; i < StackBuilder.LayersMax; i++)
            stack.Intermediate($"im{i}", over: i == 0 ? "nic0" : $"im{i - 1}");
        return stack.Binding("tcpip", over: $"im{StackBuilder.LayersMax - 1}");
    });

    [Fact]
    public async Task Eight_layers_work()
    {
        var target = new ScriptedTarget();
        await using Chimney chimney = await Chimney.StartAsync(_system, stack =>
        {
            stack.Miniport("nic0", target);
            for (int i = 0; i < StackBuilder.LayersMax - 2; i++)
                stack.Intermediate($"im{i}", over: i == 0 ? "nic0" : $"im{i - 1}");
            stack.Binding("tcpip", over: $"im{StackBuilder.LayersMax - 3}");
        });
        OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(StackSpec.NewSocket())
            .WaitAsync(TimeSpan.FromSeconds(30));
        (await connection.SendAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(30)))
            .BytesAcknowledged.ShouldBe(1);
        await connection.DisposeAsync();
        chimney.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dispatcher_that_the_host_does_not_have_is_named()
    {
        using ActorSystem system = ActorSystem.Create("lost", "chimney.dispatcher = nowhere");
        (await Should.ThrowAsync<ChimneySettingsException>(() => Chimney.StartAsync(
            system, stack => Nic(stack).Binding("tcpip", over: "nic0")))).Message
            .ShouldContain("chimney.dispatcher = 'nowhere'");
        await system.Terminate();
    }

    private async Task Fails(string message, Func<StackBuilder, StackBuilder> build) =>
        (await Should.ThrowAsync<ArgumentException>(() => Chimney.StartAsync(_system, stack => build(stack))))
            .Message.ShouldContain(message);

    private static StackBuilder Nic(StackBuilder stack) => stack.Miniport("nic0", new ScriptedTarget());
}
