using Akka.Actor;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>What operators ask of all nodes at once.</summary>
public sealed class QuestionSpecs : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);
    private readonly List<ClusterNode> _nodes = [];
    private readonly List<ClusterQuestions> _desks = [];

    public async Task InitializeAsync()
    {
        for (int i = 0; i < 3; i++)
        {
            ClusterNode node = await ClusterNode.StartAsync(_nodes.FirstOrDefault(), ["host"]);
            _nodes.Add(node);
            await node.IsUpAsync();
        }

        await ClusterNode.EventuallyAsync(() => _nodes.TrueForAll(node =>
            Akka.Cluster.Cluster.Get(node.System).State.Members.Count == 3), "all know all");
    }

    public async Task DisposeAsync()
    {
        foreach (ClusterQuestions desk in _desks)
            await desk.DisposeAsync();
        foreach (ClusterNode node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Every_node_answers_however_long_its_answer_is()
    {
        string large = new('x', 1_000_000);
        foreach (ClusterNode node in _nodes)
            _desks.Add(ClusterQuestions.Start(node.System, question => Task.FromResult($"{question}: {large}")));

        IReadOnlyList<NodeAnswer> answers = await _desks[1].AskAllAsync("who", Within);
        answers.Count.ShouldBe(3);
        answers.ShouldAllBe(one => one.Text == $"who: {large}" && one.Failure == null);
        answers.Count(one => one.Node.EndsWith("(this one)", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Who_fails_or_is_silent_is_named_and_holds_nobody_up()
    {
        _desks.Add(ClusterQuestions.Start(_nodes[0].System, Task.FromResult));
        _desks.Add(ClusterQuestions.Start(_nodes[1].System, _ => throw new InvalidOperationException("not today")));

        IReadOnlyList<NodeAnswer> answers = await _desks[0].AskAllAsync("x", TimeSpan.FromSeconds(1));
        answers.Count(one => one.Text == "x").ShouldBe(1);
        answers.Single(one => one.Failure == "not today").Text.ShouldBeNull();
        answers.Single(one => one.Failure == "no answer in time").Text.ShouldBeNull();
    }
}
