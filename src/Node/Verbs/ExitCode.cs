namespace ChimneyActors.Node.Verbs;

/// <summary>What the process says when it ends; the same for every verb.</summary>
internal enum ExitCode
{
    /// <summary>All promises kept.</summary>
    Good = 0,

    /// <summary>A promise was broken: the ledger does not balance, or a request was lost or doubled.</summary>
    PromiseBroken = 1,

    /// <summary>Wrong usage or configuration.</summary>
    Usage = 2,

    /// <summary>The environment lacks something, a free port for example.</summary>
    Environment = 3,

    /// <summary>A stated threshold was missed.</summary>
    Threshold = 4,
}
