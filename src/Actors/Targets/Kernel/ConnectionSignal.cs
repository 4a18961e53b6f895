namespace ChimneyActors.Targets.Kernel;

/// <summary>What is posted to a connection besides requests and answers; made once.</summary>
internal abstract class ConnectionSignal
{
    /// <summary>The pool of indications has a list again.</summary>
    internal sealed class ListAgain : ConnectionSignal
    {
        internal static readonly ListAgain Instance = new();
    }

    /// <summary>Forget the connection and say what is left of it.</summary>
    internal sealed class Sever : ConnectionSignal
    {
        internal static readonly Sever Instance = new();
    }
}
