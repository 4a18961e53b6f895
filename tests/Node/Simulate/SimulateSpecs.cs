using System.Text.Json;
using ChimneyActors.Node.Tests.Support;
using ChimneyActors.TestKit;

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
    public async Task Every_world_can_be_a_lively_one()
    {
        using TempFolder folder = new();
        string trace = folder.File("trace");

        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync("simulate", "--lively", "--seed", "3", "--trace", trace);

        code.ShouldBe(0, errors + output);
        (await File.ReadAllTextAsync(trace)).ShouldContain("lively, life");
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

    [Fact]
    public async Task The_wires_of_a_seed_are_captured_for_tools_to_read()
    {
        using TempFolder folder = new();
        string capture = folder.File("wires.pcapng");
        long seed = FirstSeed(hasWire: true);

        (int code, string output, string errors) = await ChimneyProcess.RunAsync(
            "simulate", "--seed", $"{seed}", "--capture", capture);

        code.ShouldBe(0, errors + output);
        (code, output) = await Tool.RunAsync("tshark", "-n", "-r", capture, "-o", "tcp.check_checksum:TRUE",
            "-T", "fields", "-E", "separator=|", "-e", "ip.src", "-e", "tcp.stream", "-e", "tcp.len",
            "-e", "frame.comment");
        code.ShouldBe(0, output);
        string[][] packets = [.. output.Split('\n').Where(line => line.StartsWith("192.0.2.1|")
            || line.StartsWith("198.51.100.2|")).Select(line => line.Split('|'))];
        packets.Count(packet => packet[2] != "0").ShouldBeGreaterThan(0, "no segment with data");
        int streams = packets.Select(packet => packet[1]).Distinct().Count();
        packets.Count(packet => packet[3].Contains("made up")).ShouldBe(3 * streams);
    }

    [Fact]
    public async Task A_seed_without_a_wire_cannot_be_captured_and_no_file_is_made()
    {
        using TempFolder folder = new();
        string capture = folder.File("wires.pcapng");
        long seed = FirstSeed(hasWire: false);

        (int code, _, string errors) = await ChimneyProcess.RunAsync(
            "simulate", "--seed", $"{seed}", "--capture", capture);

        code.ShouldBe(2);
        errors.ShouldContain($"seed {seed} has no wire in --capture");
        File.Exists(capture).ShouldBeFalse();
    }

    [Theory]
    [InlineData("unknown break 'nonsense' in --plant: one of early-success", "simulate", "--plant", "nonsense")]
    [InlineData("bad count '0' in --seeds", "simulate", "--seeds", "0")]
    [InlineData("--trace, --record or --capture without --seed", "simulate", "--capture", "x.pcapng")]
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

    private static long FirstSeed(bool hasWire)
    {
        long seed = 1;
        while (Simulation.HasWire(seed) != hasWire)
            seed++;
        return seed;
    }
}
