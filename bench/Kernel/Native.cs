using System.Reflection;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Kernel;

/// <summary>The programs in bench/c, compiled on the spot.</summary>
internal static class Native
{
    /// <summary>Compiles a program. Null, and a word of it, without a compiler.</summary>
    /// <param name="name">The file without its ending.</param>
    /// <param name="folder">Where to put it.</param>
    public static async Task<string?> CompileAsync(string name, string folder)
    {
        string source = Path.Combine(folder, name + ".c");
        Stream text = Assembly.GetExecutingAssembly().GetManifestResourceStream(name + ".c")!;
        await using (text.ConfigureAwait(false))
        {
            FileStream file = File.Create(source);
            await using (file.ConfigureAwait(false))
                await text.CopyToAsync(file).ConfigureAwait(false);
        }
        string program = Path.Combine(folder, name);
        try
        {
            await Child.OutputOfAsync("cc", "-O2", "-o", program, source).ConfigureAwait(false);
            return program;
        }
        catch (BenchException missing)
        {
            Console.WriteLine($"without {name}.c: {missing.Message} (Debian: gcc libc6-dev)");
            return null;
        }
    }
}
