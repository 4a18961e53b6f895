using ChimneyActors.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace ChimneyActors.Cluster.Tests.World;

public sealed class TwoNodesSpecs(ITestOutputHelper output)
{
    [Fact]
    public void Every_request_is_completed_once_whatever_becomes_of_the_link_and_the_nodes()
    {
        long answered = 0, failed = 0, clients = 0, fenced = 0, deaths = 0;
        foreach (int seed in Seeds.Some(200))
        {
            TwoNodes.Outcome outcome = TwoNodes.Run(seed);
            outcome.Broken.ShouldBeEmpty($"seed {seed}");
            answered += outcome.Answered;
            failed += outcome.Failed;
            clients += outcome.Clients;
            fenced += outcome.Fenced;
            deaths += outcome.Deaths;
        }

        output.WriteLine($"{answered} sends answered, {failed} of {clients} connections lost something, "
            + $"{fenced} words fenced, {deaths} drivers died");
        answered.ShouldBeGreaterThan(0);
        fenced.ShouldBeGreaterThan(0, "or the fence is never tried");
        deaths.ShouldBeGreaterThan(0);
        failed.ShouldBeInRange(1, clients - 1);
    }

    /// <summary>CHIMNEY_SEED=374 CHIMNEY_TRACE=FILE: one seed again, step by step.</summary>
    [Fact]
    public void A_seed_can_be_run_again()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("CHIMNEY_SEED"), out int seed))
            seed = 1;
        using TextWriter trace = Environment.GetEnvironmentVariable("CHIMNEY_TRACE") is { } file
            ? new StreamWriter(file)
            : new StringWriter();
        TwoNodes.Run(seed, trace).Broken.ShouldBeEmpty();
    }

    [Fact]
    public void A_seed_is_the_same_run_each_time()
    {
        foreach (int seed in Enumerable.Range(1, 10))
        {
            var first = new StringWriter();
            var second = new StringWriter();
            TwoNodes.Run(seed, first);
            TwoNodes.Run(seed, second);
            second.ToString().ShouldBe(first.ToString(), $"seed {seed}");
        }
    }
}
