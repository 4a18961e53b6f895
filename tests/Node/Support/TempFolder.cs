namespace ChimneyActors.Node.Tests.Support;

/// <summary>A folder of the test's own.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chimney-node-");

    /// <summary>Its path, with a slash at the end.</summary>
    public string Root => _folder.FullName + "/";

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public string Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
