using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Simulate;

public sealed class SimulateSpecs
{
    [Fact]
    public async Task Seeds_are_run_and_counted()
    {
        using TempFolder folder = new();
        string json = folder.File("report.json");

        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync("simulate", "--seeds", "20", "--from", "500", "--json", json);

        code.ShouldBe(0, errors + output);
        output.ShouldContain("20 seeds");
        JsonElement report = JsonDocument.Parse(await File.ReadAllTextAsync(json)).RootElement;
        report.GetProperty("seeds").GetInt64().ShouldBe(20);
        report.GetProperty("events").GetInt64().ShouldBeGreaterThan(20);
        report.GetProperty("actorsCrashed").GetInt64().ShouldBeGreaterThan(0);
        report.GetProperty("violations").GetInt64().ShouldBe(0);
        report.GetProperty("firstFailingSeed").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_trace_in_two_processes()
    {
        using TempFolder folder = new();
        string first = folder.File("first");
        string second = folder.File("second");

        (await ChimneyProcess.RunAsync("simulate", "--seed", "77", "--trace", first)).Code.ShouldBe(0);
        (await ChimneyProcess.RunAsync("simulate", "--seed", "77", "--trace", second)).Code.ShouldBe(0);

        byte[] trace = await File.ReadAllBytesAsync(first);
        trace.Length.ShouldBeGreaterThan(1000);
        byte[] again = await File.ReadAllBytesAsync(second);
        trace.SequenceEqual(again).ShouldBeTrue();
    }

    [Fact]
    public async Task A_failure_is_named_recorded_replayed_and_shrunk()
    {
        using TempFolder folder = new();
        string record = folder.File("1.json");
        string small = folder.File("1.small.json");
        string trace = folder.File("trace.txt");

        (int code, string output, _) = await ChimneyProcess.RunAsync(
            "simulate", "--seed", "1", "--plant", "drops", "--record", record);
        code.ShouldBe(1);
        output.ShouldContain("seed 1 failed");
        output.ShouldContain("V-16 Residence by broken");
        output.ShouldContain("again: chimney simulate --seed 1 --plant drops");

        (code, output, _) = await ChimneyProcess.RunAsync("replay", record);
        code.ShouldBe(1);
        output.ShouldContain("V-16 Residence by broken");
        output.ShouldNotContain("not as recorded");

        (code, output, _) = await ChimneyProcess.RunAsync("shrink", record, "--runs", "200");
        code.ShouldBe(0);
        output.ShouldContain("came down to");

        (code, output, _) = await ChimneyProcess.RunAsync("replay", small, "--trace", trace);
        code.ShouldBe(1);
        output.ShouldContain("V-16 Residence by broken");
        (await File.ReadAllTextAsync(trace)).ShouldContain(" run broken#");
    }

    [Theory]
    [InlineData("unknown break 'nonsense' in --plant: one of early-success", "simulate", "--plant", "nonsense")]
    [InlineData("bad count '0' in --seeds", "simulate", "--seeds", "0")]
    [InlineData("--trace or --record without --seed", "simulate", "--record", "x.json")]
    [InlineData("bad count 'all' in --runs", "shrink", "nowhere.json", "--runs", "all")]
    [InlineData("bad record", "replay", "/etc/passwd")]
    public async Task Wrong_usage_is_one_line_and_exit_code_2(string expected, params string[] args)
    {
        (int code, string output, string errors) = await ChimneyProcess.RunAsync(args);

        code.ShouldBe(2, errors);
        output.ShouldBeEmpty();
        errors.ShouldContain(expected);
        errors.ShouldNotContain('\n');
    }

    [Fact]
    public async Task A_record_that_is_not_there_is_one_line_and_exit_code_3()
    {
        (int code, _, string errors) = await ChimneyProcess.RunAsync("replay", "/nowhere/1.json");

        code.ShouldBe(3);
        errors.ShouldContain("cannot read '/nowhere/1.json'");
        errors.ShouldNotContain('\n');
    }
}
