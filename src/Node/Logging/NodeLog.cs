using System.CommandLine;
using System.Text;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using Microsoft.Extensions.Configuration;
using Serilog;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ChimneyActors.Node.Logging;

/// <summary>Opens the log as config/serilog.json and the command line say.</summary>
internal static class NodeLog
{
    private const string Path = "config/serilog.json";

    // The host logs every exception that ends its start, with its stack; ours are one line each.
    private const string Host = "Microsoft.Extensions.Hosting";

    /// <summary>Sets <see cref="Log.Logger"/>.</summary>
    public static void Open(ParseResult line)
    {
        LogEventLevel? level = CommonOptions.Level(line);
        if (line.GetValue(CommonOptions.Json))
        {
            Log.Logger = new LoggerConfiguration()
                .MinimumLevel.Is(level ?? LogEventLevel.Information)
                .MinimumLevel.Override("Akka", LogEventLevel.Warning)
                .MinimumLevel.Override(Host, LogEventLevel.Fatal)
                .WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
                .CreateLogger();
            return;
        }
        ConfigurationFile file = ConfigurationFile.Find(line.GetValue(CommonOptions.LogConfig), "--log-config", Path);
        string? problem = null;
        SelfLog.Enable(text => problem ??= text);
        try
        {
            using MemoryStream stream = new(Encoding.UTF8.GetBytes(file.Text));
            LoggerConfiguration configuration = new LoggerConfiguration()
                .ReadFrom.Configuration(new ConfigurationBuilder().AddJsonStream(stream).Build())
                .MinimumLevel.Override(Host, LogEventLevel.Fatal);
            if (level is { } least)
                configuration.MinimumLevel.Is(least);
            Log.Logger = configuration.CreateLogger();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or InvalidOperationException
            or ArgumentException or IOException)
        {
            problem = (e.InnerException ?? e).Message;
        }
        SelfLog.Enable(Console.Error);
        if (problem is not null)
            throw NodeException.Usage("no Serilog configuration", $"in {file.Name}", VerbLine.OneLine(problem));
    }
}
