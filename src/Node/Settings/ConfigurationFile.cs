using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Settings;

/// <summary>A configuration file: named by a flag, beside the executable, or inside it.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Text">Its contents.</param>
internal sealed record ConfigurationFile(string Name, string Text)
{
    /// <summary>The copy inside the executable, which holds every default.</summary>
    /// <param name="path">Its path in the repository, <c>config/node.json</c>.</param>
    public static ConfigurationFile Embedded(string path)
    {
        using Stream stream = typeof(ConfigurationFile).Assembly.GetManifestResourceStream($"chimney/{path}")
            ?? throw new InvalidOperationException($"'{path}' is not embedded.");
        using StreamReader reader = new(stream);
        return new ConfigurationFile($"embedded {path}", reader.ReadToEnd());
    }

    /// <summary>The file somebody asked for; else the one beside the executable; else the embedded one.</summary>
    /// <param name="asked">The path given with <paramref name="flag"/>, or null.</param>
    /// <param name="flag">The flag.</param>
    /// <param name="path">Path below the executable's folder.</param>
    public static ConfigurationFile Find(string? asked, string flag, string path)
    {
        if (asked is not null)
            return Read(asked, $"'{asked}' ({flag})");
        string beside = Path.Combine(AppContext.BaseDirectory, path);
        return File.Exists(beside) ? Read(beside, $"'{beside}'") : Embedded(path);
    }

    private static ConfigurationFile Read(string path, string name)
    {
        try
        {
            return new ConfigurationFile(name, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            string why = e switch
            {
                UnauthorizedAccessException => Directory.Exists(path) ? "it is a folder" : "permission denied",
                FileNotFoundException or DirectoryNotFoundException => "no such file",
                _ => VerbLine.OneLine(e.Message),
            };
            throw NodeException.Usage("cannot read configuration", name, $"{why}; name a readable file");
        }
    }
}
