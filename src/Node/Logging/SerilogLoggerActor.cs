using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Serilog;
using Serilog.Events;
using LogEvent = Akka.Event.LogEvent;
using LogLevel = Akka.Event.LogLevel;

namespace ChimneyActors.Node.Logging;

/// <summary>Hands what the actors log to Serilog.</summary>
internal sealed class SerilogLoggerActor : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LogEvent entry:
                Write(entry);
                break;
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private static void Write(LogEvent entry)
    {
        LogEventLevel level = entry.LogLevel() switch
        {
            LogLevel.DebugLevel => LogEventLevel.Debug,
            LogLevel.InfoLevel => LogEventLevel.Information,
            LogLevel.WarningLevel => LogEventLevel.Warning,
            _ => LogEventLevel.Error,
        };
        if (!Log.IsEnabled(level))
            return;
        // Already formatted by Akka; a template of ours keeps braces in it harmless.
        Log.ForContext("SourceContext", entry.LogClass.FullName)
            .ForContext("Actor", entry.LogSource)
            .Write(level, entry.Cause, "{ActorMessage}", entry.Message?.ToString());
    }
}
