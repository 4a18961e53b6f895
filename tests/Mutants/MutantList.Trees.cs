namespace ChimneyActors.Mutants.Tests;

/// <summary>What brings a tree of blocks home over a dead miniport.</summary>
internal static partial class MutantList
{
    private static readonly Mutant[] Trees =
    [
        new("A tree goes on alone no further than its first part", "Supervision/Trees/TreeRun.cs",
            "_isGoingOn = false;",
            "",
            "a tree whose miniport is dead never comes home"),
        new("A terminate of a tree that is carried home is asked of nobody", "Supervision/Custodian.cs",
            "new TreeRun(stack, desk, HolderId.Custodian, block).GoOnAlone();",
            "",
            "the terminate is never answered"),
        new("A dependent that has left is still one", "Supervision/Trees/StateLinks.cs",
            "all.Remove(dependent)",
            "all.Contains(dependent)",
            "a path stays at the target for ever"),
    ];
}
