namespace ChimneyActors.Node.Verbs;

/// <summary>An error its user can mend: one line on stderr and an exit code, no stack trace.</summary>
internal sealed class NodeException(ExitCode code, string message) : Exception(message)
{
    /// <summary>What the process exits with.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>Wrong usage or configuration.</summary>
    /// <param name="what">What is wrong, the value quoted.</param>
    /// <param name="where">The flag, or the file and the setting in it.</param>
    /// <param name="lawful">What would be right.</param>
    public static NodeException Usage(string what, string where, string lawful) =>
        new(ExitCode.Usage, $"{what} {where}: {lawful}");

    /// <summary>The environment lacks something.</summary>
    public static NodeException Environment(string what, string where, string lawful) =>
        new(ExitCode.Environment, $"{what} {where}: {lawful}");
}
