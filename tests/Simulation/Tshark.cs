using System.Diagnostics;
using System.Globalization;

namespace ChimneyActors.Simulation;

/// <summary>A packet as tshark sees it.</summary>
/// <param name="Number">From 1.</param>
/// <param name="IsFromLeft">Who sent it.</param>
/// <param name="Window">As it stands in the header.</param>
/// <param name="IsChecksumGood">Both, that of IP and that of TCP.</param>
/// <param name="IsMalformed">Whether a dissector gave up.</param>
/// <param name="Severity">The worst of its expert notes; 0 without.</param>
/// <param name="Notes">What they say.</param>
/// <param name="Comment">What the capture says of it.</param>
/// <param name="Analysis">Names of the TCP analysis flags.</param>
internal sealed record SharkPacket(
    int Number, bool IsFromLeft, int Window, int Length, bool IsChecksumGood, bool IsMalformed, int Severity,
    string Notes, string Comment, string[] Analysis);

/// <summary>What tshark makes of a capture: a judge that knows nothing of us.</summary>
internal sealed class Tshark
{
    internal const int Warning = 0x600000;

    private static readonly string[] Fields =
    [
        "frame.number", "ip.src", "tcp.window_size_value", "tcp.len", "ip.checksum.status", "tcp.checksum.status",
        "_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "frame.comment", "ipv6.src",
    ];

    private static readonly string[] Flags =
    [
        "ack_lost_segment", "duplicate_ack", "fast_retransmission", "keep_alive", "keep_alive_ack", "lost_segment",
        "out_of_order", "retransmission", "reused_ports", "spurious_retransmission", "window_full", "window_update",
        "zero_window", "zero_window_probe", "zero_window_probe_ack",
    ];

    private readonly string _left;

    private Tshark(string said, string left)
    {
        _left = left;
        string[] lines = said.Split('\n');
        int follow = Array.FindIndex(lines, line => line.StartsWith("====", StringComparison.Ordinal));
        Packets = [.. lines[..follow].Where(line => line.Length > 0).Select(Parse)];
        string[] stream = [.. lines[follow..].Where(line => line.Trim('\t').All(char.IsAsciiHexDigit))];
        FromLeft = Bytes(stream.Where(line => !line.StartsWith('\t')));
        FromRight = Bytes(stream.Where(line => line.StartsWith('\t')));
    }

    internal SharkPacket[] Packets { get; }

    /// <summary>The stream from left to right, put together by tshark.</summary>
    internal byte[] FromLeft { get; }

    internal byte[] FromRight { get; }

    /// <summary>Judges a capture. Fails if tshark is not installed.</summary>
    /// <param name="capture">The file.</param>
    /// <param name="left">Address of the left end.</param>
    internal static async Task<Tshark> JudgeAsync(byte[] capture, string left = "192.0.2.1")
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, capture);
            return new Tshark(await RunAsync(path), left);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<string> RunAsync(string path)
    {
        string[] options =
        [
            "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
            "-d", "tcp.port==50001,data", "-T", "fields", "-E", "separator=|", "-E", "aggregator=;",
            .. Fields.Concat(Flags.Select(flag => "tcp.analysis." + flag)).SelectMany(field => new[] { "-e", field }),
            "-z", "follow,tcp,raw,0",
        ];
        using Process shark = Start(options);
        Task<string> errors = shark.StandardError.ReadToEndAsync();
        string said = await shark.StandardOutput.ReadToEndAsync();
        await shark.WaitForExitAsync();
        shark.ExitCode.ShouldBe(0, await errors);
        return said;
    }

    private static Process Start(string[] options)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("tshark", options)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new InvalidOperationException(
                "These specs need tshark (Debian: apt-get install tshark). They are not skipped without it.",
                exception);
        }
    }

    private SharkPacket Parse(string line)
    {
        string[] cells = line.Split('|');
        bool isV6 = cells[10].Length > 0;       // whose header has no checksum
        int severity = cells[7].Split(';', StringSplitOptions.RemoveEmptyEntries).Select(Number).Append(0).Max();
        return new SharkPacket(
            Number(cells[0]), (isV6 ? cells[10] : cells[1]) == _left, Number(cells[2]), Number(cells[3]),
            (isV6 || cells[4] == "1") && cells[5] == "1", cells[6].Length > 0, severity, cells[8], cells[9],
            [.. Flags.Where((_, index) => cells[Fields.Length + index].Length > 0)]);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static byte[] Bytes(IEnumerable<string> lines) =>
        Convert.FromHexString(string.Concat(lines.Select(line => line.Trim('\t'))));
}
