namespace ChimneyActors.Mutants.Tests;

/// <summary>All mutants. Each is a mistake that compiles, that a reviewer could overlook, and that loses, doubles or
/// falsifies something; the list names what.</summary>
internal static partial class MutantList
{
    /// <summary>In the order of the layers.</summary>
    public static IReadOnlyList<Mutant> All => field ??=
        [.. Buffers, .. Ndis, .. Supervision, .. Custodian, .. Trees, .. Miniports, .. Intermediates, .. Protocols,
            .. Life];

    /// <summary>Those that no seed finds: what the net does not hold.</summary>
    public static IReadOnlyList<Mutant> Holes => field ??= [.. HolesBelow, .. HolesDrivers, .. HolesLife];

    private static IReadOnlyList<Mutant> Every => field ??= [.. All, .. Holes];

    /// <summary>The number that turns a mutant on, from 1.</summary>
    public static int NumberOf(string name) => Every.Index().Single(mutant => mutant.Item.Name == name).Index + 1;

    /// <summary>A mutant by name.</summary>
    public static Mutant Named(string name) => Every[NumberOf(name) - 1];

    /// <summary>The mutants of one file, with their numbers.</summary>
    public static IEnumerable<(int Number, Mutant Mutant)> Of(string file) =>
        Every.Index().Where(mutant => mutant.Item.File == file).Select(mutant => (mutant.Index + 1, mutant.Item));
}
