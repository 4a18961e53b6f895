namespace ChimneyActors.Mutants.Tests;

/// <summary>Mutants that are shrunk in every run of the tests.</summary>
internal static partial class MutantList
{
    /// <summary>By name: those that a few runs make small, from every part of the product.</summary>
    public static IReadOnlySet<string> Small { get; } = new HashSet<string>
    {
        "A chain member is held by its sender",
        "The second member of a chain is not dispersed",
        "The pool forgets who waits",
        "The data start does not move",
        "Indicated data stands at the beginning",
        "A landed list is returned twice",
        "The bytes that are left are told",
        "The last parked parcel stays the last",
        "A settled initiate does not begin",
        "Posts that wait are not answered at the end",
        "Indications to the dead are forgotten",
        "Watermarks to the dead are forgotten",
        "Posts to the dead are forgotten",
        "A redirected watermark is not written down",
        "A chain arrives undispersed",
        "Only the head of a chain is parked",
        "A completed parcel stays parked",
        "An initiate is not settled",
        "Refused data is not rented to the target",
        "The target is not told what was accepted",
        "Every stray completion is a double one",
        "A FIN is told again and again",
        "No context is left",
        "A layer does not join",
        "A won chain is reversed",
        "A dead connection is not severed",
        "A chain gets one list",
        "The members without room are forgotten",
        "The context names the bottom owner",
    };
}
