using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ChimneyActors.Mutants.Tests;

/// <summary>The product with all mutants in it, compiled once, beside the product itself.</summary>
/// <remarks>Nothing of it is in src/Actors: no mutant can get into a release.</remarks>
public sealed class Woven
{
    internal const string Switch = "ChimneyActors.MutantSwitch";
    private const string Product = "ChimneyActors";

    /// <summary>Needs a source generator of the build, and the seeded world a target of its own.</summary>
    private const string LeftOut = "Targets/Kernel/";

    /// <summary>The hardest take seconds on a free machine; on one that is not, this must do, too.</summary>
    private static readonly TimeSpan HuntMax = TimeSpan.FromMinutes(5);

    private readonly Func<int, int, int, int, (long Seed, string Finding, long Events)> _hunt;
    private readonly Watch _watch;
    private readonly Weaver _weaver = new();

    public Woven()
    {
        byte[] product = Compile();
        var context = new WovenContext(product);
        Assembly twin = context.LoadFromAssemblyPath(typeof(Hunt).Assembly.Location);
        Type hunt = twin.GetType(typeof(Hunt).FullName!)!;
        var activate = hunt.GetMethod(nameof(Hunt.Activate))!.CreateDelegate<Action<int>>();
        _watch = new Watch(HuntMax, () => activate(0));
        _hunt = hunt.GetMethod(nameof(Hunt.Run))!
            .CreateDelegate<Func<int, int, int, int, (long, string, long)>>();
    }

    /// <summary>Mutants that the product has moved away from, and why.</summary>
    public IReadOnlyDictionary<string, string> Misfits => _weaver.Misfits;

    internal static CSharpParseOptions Language { get; } = new(LanguageVersion.Latest);

    /// <param name="shrinkRunsMax">How many runs it may take to shrink what was found; 0: it is not shrunk.</param>
    /// <param name="eventsMax">It is small enough below so many events.</param>
    /// <exception cref="TimeoutException">The mutant makes something spin.</exception>
    public Catch Search(string? mutant, int seedsMax, int shrinkRunsMax = 0, int eventsMax = 0)
    {
        if (mutant is not null && Misfits.TryGetValue(mutant, out string? fault))
            throw new InvalidOperationException($"The product has moved on, and its mutant must follow: {fault}");
        int number = mutant is null ? 0 : MutantList.NumberOf(mutant);
        (long seed, string finding, long events) =
            _watch.Run(mutant ?? "none", () => _hunt(number, seedsMax, shrinkRunsMax, eventsMax));
        return new Catch(seed, finding, events);
    }

    private byte[] Compile()
    {
        string root = FindRoot();
        string sources = Path.Combine(root, "src", "Actors");
        IEnumerable<SyntaxTree> trees = Directory.GetFiles(sources, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: Path.GetRelativePath(sources, path).Replace('\\', '/')))
            .Where(file => !file.Name.StartsWith(LeftOut, StringComparison.Ordinal))
            .Select(file => (file.Path, Text: _weaver.Weave(File.ReadAllText(file.Path), MutantList.Of(file.Name))))
            .Append((Path: "", Text: Surroundings()))
            .Select(file => CSharpSyntaxTree.ParseText(file.Text, Language, file.Path));
        string[] framework = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll");
        IEnumerable<PortableExecutableReference> references = framework
            .Append(Path.Combine(AppContext.BaseDirectory, "Akka.dll"))
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(Product, trees, references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true,
                optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        var settings = new ResourceDescription("ChimneyActors.reference.conf",
            () => File.OpenRead(Path.Combine(root, "hocon", "reference.conf")), isPublic: true);
        using var image = new MemoryStream();
        string[] errors =
        [
            .. compilation.Emit(image, manifestResources: [settings]).Diagnostics
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                .Select(diagnostic => $"{diagnostic}: {diagnostic.Location.SourceTree?.GetText()
                    .Lines.GetLineFromPosition(diagnostic.Location.SourceSpan.Start)}"),
        ];
        return errors.Length == 0
            ? image.ToArray()
            : throw new InvalidOperationException(string.Join(Environment.NewLine, errors));
    }

    /// <summary>What the build adds to the product's own files, and the switch.</summary>
    private static string Surroundings() =>
        $$"""
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        [assembly: System.Reflection.AssemblyVersion("{{typeof(Weaver).Assembly.GetName().Version}}")]
        [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("ChimneyActors.TestKit")]
        namespace ChimneyActors
        {
            internal static class MutantSwitch
            {
                public static volatile int Active;
            }
        }
        """;

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ChimneyActors.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("no ChimneyActors.sln above the tests");
    }

    /// <summary>All that knows the product is loaded a second time, and knows the woven one: Akka too, which finds
    /// mailboxes by name.</summary>
    private sealed class WovenContext(byte[] product) : AssemblyLoadContext("woven")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (assemblyName.Name == Product)
                return LoadFromStream(new MemoryStream(product));
            string path = Path.Combine(AppContext.BaseDirectory, $"{assemblyName.Name}.dll");
            return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
        }
    }
}
