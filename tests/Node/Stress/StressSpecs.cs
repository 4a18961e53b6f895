using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Stress;

public sealed class StressSpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_storm_of_faults_and_crashes_loses_and_doubles_nothing()
    {
        (int code, string output, JsonElement report) = await StressAsync(
            "--connections", "50", "--requests", "10000", "--faults", "0.02", "--crashes", "0.002", "--seed", "1");
        code.ShouldBe(0, output);
        report.GetProperty("seed").GetInt32().ShouldBe(1);
        report.GetProperty("connections").GetInt32().ShouldBe(50);
        report.GetProperty("posted").GetInt64().ShouldBe(10_000);
        report.GetProperty("completed").GetInt64().ShouldBe(10_000);
        foreach (string none in new[] { "lost", "doubled", "violations" })
            report.GetProperty(none).GetInt64().ShouldBe(0, none);
        long injected = report.GetProperty("faultsInjected").GetInt64();
        injected.ShouldBeGreaterThan(0);
        (report.GetProperty("faultsObserved").GetInt64() + report.GetProperty("faultsOvertaken").GetInt64())
            .ShouldBe(injected);
        report.GetProperty("faultsUnnoticed").GetArrayLength().ShouldBe(0);
        report.GetProperty("actorsCrashed").GetInt64().ShouldBeGreaterThan(0);
        report.GetProperty("orphaned").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        report.GetProperty("poolBalanced").GetBoolean().ShouldBeTrue();
        report.GetProperty("elapsedSeconds").GetDouble().ShouldBeGreaterThan(0);
        report.GetProperty("completionsPerSecond").GetDouble().ShouldBeGreaterThan(0);
        JsonElement latency = report.GetProperty("latencyMicros");
        long[] order = [.. new[] { "p50", "p99", "p999", "max" }.Select(name => latency.GetProperty(name).GetInt64())];
        order.ShouldBe(order.Order());
        output.ShouldContain("every promise was kept");
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("double")]
    public async Task A_broken_driver_is_named(string habit)
    {
        (int code, string output, JsonElement report) = await StressAsync(
            "--connections", "20", "--requests", "5000", "--broken", habit, "--broken-one-in", "1000");
        code.ShouldBe(1, output);
        output.ShouldContain("broken: broken0: ");
        output.ShouldContain($"--seed {report.GetProperty("seed").GetInt32()}");
        report.GetProperty("violations").GetInt64().ShouldBeGreaterThan(0);
        report.GetProperty("lost").GetInt64().ShouldBe(0);
        report.GetProperty("poolBalanced").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Idle_connections_are_held_measured_and_all_disconnected()
    {
        (int code, string output, JsonElement report) = await StressAsync("--idle", "200");
        code.ShouldBe(0, output);
        report.GetProperty("completed").GetInt64().ShouldBe(200);
        report.GetProperty("idle").GetProperty("managedBytes").GetInt64().ShouldBeGreaterThan(0);
        output.ShouldContain("200 idle connections are offloaded");
    }

    [Fact]
    public async Task Who_dies_all_the_time_costs_no_answer_and_no_byte_and_the_load_goes_on()
    {
        (int code, string output, JsonElement report) = await StressAsync(
            "--deaths", "300", "--driver-deaths-every", "0.4s", "--duration", "3s", "--calm", "1s", "--seed", "1");
        code.ShouldBe(0, output);
        foreach (string none in new[] { "lost", "doubled", "violations" })
            report.GetProperty(none).GetInt64().ShouldBe(0, none);
        report.GetProperty("poolBalanced").GetBoolean().ShouldBeTrue();
        JsonElement healing = report.GetProperty("healing");
        healing.GetProperty("deaths").GetInt64().ShouldBeGreaterThan(0);
        healing.GetProperty("driverDeaths").GetInt64().ShouldBeGreaterThan(1);
        report.GetProperty("repairs").GetInt64().ShouldBeGreaterThan(0);
        foreach (string rate in new[] { "rateBefore", "rateWhile", "rateAfter" })
            healing.GetProperty(rate).GetDouble().ShouldBeGreaterThanOrEqualTo(0, rate);
        output.ShouldContain("nine tenths of it again after");
    }

    [Fact]
    public async Task A_threshold_that_was_missed_has_its_own_exit_code()
    {
        (int code, string output, _) = await StressAsync("--requests", "1000", "--rate-min", "1000000000");
        code.ShouldBe(4, output);
    }

    [Theory]
    [InlineData(2, "--faults", "2")]
    [InlineData(2, "--requests", "-1")]
    [InlineData(2, "--duration", "soon")]
    [InlineData(2, "--broken", "slowly")]
    [InlineData(2, "--deaths", "0")]
    [InlineData(2, "--deaths", "10", "--crashes", "0.1")]
    [InlineData(2, "--requests", "10", "--duration", "1s")]
    [InlineData(3, "--idle", "900000")]
    public async Task What_cannot_be_done_is_said_at_once(int expected, params string[] args)
    {
        (int code, string output, string errors) = await ChimneyProcess.RunAsync(["stress", .. args]);
        code.ShouldBe(expected, output + errors);
        errors.Trim().Split('\n').Length.ShouldBe(1, errors);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(int Code, string Output, JsonElement Report)> StressAsync(params string[] args)
    {
        string file = _folder.File("stress.json");
        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync(["stress", .. args, "--timeout", "40s", "--json", file]);
        File.Exists(file).ShouldBeTrue(output + errors);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(file));
        return (code, output + errors, report.RootElement.Clone());
    }
}
