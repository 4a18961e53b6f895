using System.CommandLine;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Relay;

/// <summary>The verb <c>relay</c>.</summary>
internal static class RelayCommand
{
    /// <summary>The command with its flags.</summary>
    public static Command Create()
    {
        const string section = RelaySettings.Section;
        var command = new Command("relay", "relay TCP connections to an upstream over offloaded connections")
        {
            new SettingOption($"{section}:Listen", "--listen", "ADDRESS:PORT", "where clients come in"),
            new SettingOption($"{section}:To", "--to", "HOST:PORT", "the upstream; 'embedded' for one of its own"),
            new SettingOption($"{section}:Backlog", "--backlog", "COUNT", "connections the kernel keeps ready"),
            new SettingOption($"{section}:ConnectionsMax", "--connections-max", "COUNT", "pairs at a time"),
            new SettingOption($"{section}:WindowBuffers", "--window-buffers", "COUNT", "held until acknowledged"),
            new SettingOption($"{section}:ConnectTimeout", "--connect-timeout", "TIME", "for the upstream to answer"),
            new SettingOption($"{section}:IdleTimeout", "--idle-timeout", "TIME", "nothing moved; 0: never"),
            new SettingOption($"{section}:LingerTimeout", "--linger-timeout", "TIME", "for a peer to answer a close"),
            new SettingOption($"{section}:DrainTimeout", "--drain-timeout", "TIME", "after SIGTERM, until the abort"),
        };
        foreach (SettingOption flag in StackLayout.Flags(hasUpstreams: true))
            command.Add(flag);
        foreach (SettingOption flag in OffloadSettings.Flags())
            command.Add(flag);
        foreach (SettingOption flag in ClusterNodeSettings.Flags("host: has its upstreams on adapters of the cluster; "
            + "offload: is an adapter; both: host,offload"))
            command.Add(flag);
        return command.Runs(RelayRun.RunAsync);
    }
}
