using System.CommandLine;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Serve;

/// <summary>The verb <c>serve</c>: <c>serve echo</c>, <c>serve discard</c>, <c>serve http</c>.</summary>
internal static class ServeCommand
{
    /// <summary>The command with its flags.</summary>
    public static Command Create() => new("serve", "a built-in service on offloaded connections")
    {
        Service("echo", "sends back what it receives", ServiceKind.Echo),
        Service("discard", "receives and forgets", ServiceKind.Discard),
        Service("http", "answers GET and HEAD of / and /bytes/N", ServiceKind.Http),
    };

    private static Command Service(string name, string description, ServiceKind kind)
    {
        const string section = ServeSettings.Section;
        var command = new Command(name, description)
        {
            new SettingOption($"{section}:Listen", "--listen", "ADDRESS:PORT", "where clients come in"),
            new SettingOption($"{section}:Backlog", "--backlog", "COUNT", "connections the kernel keeps ready"),
            new SettingOption($"{section}:ConnectionsMax", "--connections-max", "COUNT", "connections at a time"),
            new SettingOption($"{section}:WindowBuffers", "--window-buffers", "COUNT", "held until acknowledged"),
            new SettingOption($"{section}:IdleTimeout", "--idle-timeout", "TIME", "nothing moved; 0: never"),
            new SettingOption($"{section}:LingerTimeout", "--linger-timeout", "TIME", "for a client to answer a close"),
            new SettingOption($"{section}:DrainTimeout", "--drain-timeout", "TIME", "after SIGTERM, until the abort"),
        };
        foreach (SettingOption flag in StackLayout.Flags())
            command.Add(flag);
        return command.Runs(line => ServeRun.RunAsync(line, kind));
    }
}
