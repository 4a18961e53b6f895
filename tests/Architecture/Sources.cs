using System.Xml.Linq;

namespace ChimneyActors.Architecture;

/// <summary>The files of the repository, as they are written and not as they are compiled.</summary>
internal static class Sources
{
    private static readonly string[] NotOurs = [".git", ".vs", ".idea", "artifacts", "bin", "obj", "TestResults"];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files whose name ends in one of these, by their path from the root.</summary>
    public static IEnumerable<SourceFile> Files(params string[] endings) =>
        from path in Walk(new DirectoryInfo(Root))
        where endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal))
        select new SourceFile(Path.GetRelativePath(Root, path), File.ReadAllLines(path));

    /// <summary>One line for every line of a file that is not as it should be.</summary>
    public static string[] Lines(IEnumerable<SourceFile> files, Func<string, bool> isWrong) =>
    [
        .. from file in files
           from line in file.Lines.Index()
           where isWrong(line.Item)
           select $"{file.Path}:{line.Index + 1}: {line.Item.Trim()}",
    ];

    /// <summary>What a file's folder asks for: the root namespace of its project, then the folders.</summary>
    public static string NamespaceOf(SourceFile file)
    {
        DirectoryInfo project = new FileInfo(Path.Combine(Root, file.Path)).Directory!;
        string folders = "";
        while (project.GetFiles("*.csproj").Length == 0)
        {
            folders = "." + project.Name + folders;
            project = project.Parent!;
        }
        FileInfo description = project.GetFiles("*.csproj").Single();
        return XDocument.Load(description.FullName).Descendants("RootNamespace").Single().Value + folders;
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder) =>
        folder.GetFiles().Select(file => file.FullName)
            .Concat(folder.GetDirectories().Where(inner => !NotOurs.Contains(inner.Name)).SelectMany(Walk));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ChimneyActors.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("no ChimneyActors.sln above the tests");
    }
}

/// <summary>One file.</summary>
/// <param name="Path">From the root of the repository.</param>
/// <param name="Lines">Its text.</param>
internal sealed record SourceFile(string Path, string[] Lines);
