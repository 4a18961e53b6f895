namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>The files of deploy/, and what they say with places and ports of a test's own.</summary>
internal static class Deployed
{
    /// <summary>Where a file is.</summary>
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "deploy", name);

    /// <summary>What is in it.</summary>
    public static string Text(string name) => File.ReadAllText(Path(name));

    /// <summary>A command line as it stands there, with each place that is no test's to use replaced. A place that is
    /// not found is a fault: the file says something else by now.</summary>
    public static string[] Here(IEnumerable<string> args, params (string There, string Here)[] places)
    {
        string[] all = [.. args];
        foreach ((string there, string here) in places)
        {
            all.ShouldContain(arg => arg.Contains(there, StringComparison.Ordinal), $"'{there}' of the file");
            all = [.. all.Select(arg => arg.Replace(there, here, StringComparison.Ordinal))];
        }

        return all;
    }
}
