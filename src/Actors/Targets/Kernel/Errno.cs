namespace ChimneyActors.Targets.Kernel;

/// <summary>The Linux error numbers this target takes decisions on. The raw calls answer them negated.</summary>
internal static class Errno
{
    internal const int NotPermitted = 1;
    internal const int Interrupted = 4;
    internal const int BadDescriptor = 9;
    internal const int Again = 11;
    internal const int NoMemory = 12;
    internal const int NoAccess = 13;
    internal const int Invalid = 22;
    internal const int TooManyFilesHere = 23;
    internal const int TooManyFiles = 24;
    internal const int Pipe = 32;
    internal const int NoSystemCall = 38;
    internal const int NoFamily = 97;
    internal const int AddressNotAvailable = 99;
    internal const int NetUnreachable = 101;
    internal const int ConnectionReset = 104;
    internal const int NoBuffers = 105;
    internal const int NotConnected = 107;
    internal const int TimedOut = 110;
    internal const int ConnectionRefused = 111;
    internal const int HostUnreachable = 113;
    internal const int Already = 114;
    internal const int InProgress = 115;

    /// <summary>The kernel has no room just now; the same call succeeds later, nothing was taken.</summary>
    internal static bool IsTransient(int error) =>
        error is Again or Interrupted or NoMemory or NoBuffers;
}
