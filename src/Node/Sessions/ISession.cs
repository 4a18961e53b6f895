namespace ChimneyActors.Node.Sessions;

/// <summary>Something the node serves: it ends by itself, and is looked at now and then.</summary>
internal interface ISession
{
    /// <summary>Its number in this run.</summary>
    long Id { get; }

    /// <summary>Ends what has waited for too long.</summary>
    /// <param name="now">Milliseconds of <see cref="Environment.TickCount64"/>.</param>
    /// <param name="drain">The drain that is under way, if one is.</param>
    void OnTick(long now, DrainProgress? drain);

    /// <summary>Ends it now, unread or unsent data notwithstanding.</summary>
    void Abort(SessionEnd why);
}

/// <summary>A drain that is under way.</summary>
/// <param name="Since">When it began, in milliseconds.</param>
/// <param name="TimeoutMilliseconds">How long it may last.</param>
internal sealed record DrainProgress(long Since, long TimeoutMilliseconds)
{
    /// <summary>Quiet time after which a session is closed that owes nothing.</summary>
    public const long QuietMilliseconds = 250;

    /// <summary>Half of its time is gone: from now on quiet sessions are closed even if owed an answer.</summary>
    public bool IsLate(long now) => now - Since >= TimeoutMilliseconds / 2;
}
