namespace ChimneyActors.Contract;

/// <summary>How long a test waits for what must happen. Reaching it is a failure, never a measurement.</summary>
internal static class Limits
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
}
