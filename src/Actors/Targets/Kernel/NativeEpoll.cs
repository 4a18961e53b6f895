using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChimneyActors.Targets.Kernel;

/// <summary>What epoll says about a socket.</summary>
[Flags]
internal enum Readiness
{
    None = 0,
    Readable = 0x1,
    Writable = 0x4,
    /// <summary>An error is pending; the peer's reset is one.</summary>
    Error = 0x8,
    /// <summary>Both halves are closed.</summary>
    HungUp = 0x10,
    /// <summary>The peer's FIN has arrived; data before it may still be unread.</summary>
    PeerFinished = 0x2000,
}

/// <summary>epoll and eventfd. Errors come back negated, as in <see cref="NativeTcp"/>.</summary>
internal static unsafe partial class NativeEpoll
{
    /// <summary>Waits for ever.</summary>
    internal const long Infinite = -1;

    private const int SetTimerSlack = 29;
    private const int CloseOnExec = 0x80000;
    private const int EventNonBlocking = 0x800;
    private const int ControlAdd = 1;
    private const int ControlDelete = 2;
    private const uint EdgeTriggered = 1u << 31;
    private const uint Interest =
        (uint)(Readiness.Readable | Readiness.Writable | Readiness.PeerFinished) | EdgeTriggered;

    // struct epoll_event is packed on x86 and naturally aligned everywhere else.
    private static readonly bool Packed =
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;
    private static readonly int KeyOffset = Packed ? 4 : 8;

    private static bool _coarse;   // this kernel or libc has no epoll_pwait2

    /// <summary>Bytes of one event in the buffer given to <see cref="Wait"/>.</summary>
    internal static int EventSize { get; } = Packed ? 12 : 16;

    internal static int Create() => Checked(epoll_create1(CloseOnExec));

    internal static int CreateWakeUp() => Checked(eventfd(0, CloseOnExec | EventNonBlocking));

    /// <summary>Watches for every change of a descriptor. What it already is counts as the first change.</summary>
    internal static int Add(int epoll, int descriptor, ulong key) => Add(epoll, descriptor, Interest, key);

    /// <summary>Watches a wake-up descriptor: level-triggered, so that a forgotten reset is only slow.</summary>
    internal static int AddWakeUp(int epoll, int descriptor, ulong key) =>
        Add(epoll, descriptor, (uint)Readiness.Readable, key);

    internal static int Remove(int epoll, int descriptor) =>
        Checked(epoll_ctl(epoll, ControlDelete, descriptor, null));

    /// <summary>Waits for events, at most <paramref name="nanoseconds"/> (or <see cref="Infinite"/>).</summary>
    /// <returns>How many events were written, or a negated error number.</returns>
    internal static int Wait(int epoll, byte* events, int max, long nanoseconds)
    {
        if (!_coarse)
        {
            int found = WaitExactly(epoll, events, max, nanoseconds);
            if (found != -Errno.NoSystemCall)
                return found;
            _coarse = true;
        }

        // Rounded up: a wait that ends too early would only be repeated.
        long milliseconds = nanoseconds < 0 ? -1 : Math.Min((nanoseconds + 999_999) / 1_000_000, int.MaxValue);
        return Checked(epoll_wait(epoll, events, max, (int)milliseconds));
    }

    internal static Readiness ReadinessOf(byte* events, int index) =>
        (Readiness)(*(int*)(events + (index * EventSize)));

    internal static ulong KeyOf(byte* events, int index) =>
        Unsafe.ReadUnaligned<ulong>(events + (index * EventSize) + KeyOffset);

    internal static void Ring(int wakeUp)
    {
        ulong one = 1;
        _ = write(wakeUp, &one, sizeof(ulong));   // can only fail when 2^64-1 rings are waiting: then it rings anyway
    }

    internal static void Silence(int wakeUp)
    {
        ulong count;
        _ = read(wakeUp, &count, sizeof(ulong));   // EAGAIN: nobody rang
    }

    internal static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Lets the calling thread sleep as short as it asks for; by default the kernel may add 50 microseconds,
    /// half of the shortest pause of the wheel.</summary>
    internal static void WakeExactly() => _ = prctl(SetTimerSlack, 1_000, 0, 0, 0);

    private static int Add(int epoll, int descriptor, uint interest, ulong key)
    {
        byte* entry = stackalloc byte[16];
        new Span<byte>(entry, 16).Clear();
        *(uint*)entry = interest;
        Unsafe.WriteUnaligned(entry + KeyOffset, key);
        return Checked(epoll_ctl(epoll, ControlAdd, descriptor, entry));
    }

    private static int WaitExactly(int epoll, byte* events, int max, long nanoseconds)
    {
        var limit = new TimeSpec
        {
            Seconds = (nint)(nanoseconds / 1_000_000_000),
            Nanoseconds = (nint)(nanoseconds % 1_000_000_000),
        };
        try
        {
            return Checked(epoll_pwait2(epoll, events, max, nanoseconds < 0 ? null : &limit, null));
        }
        catch (EntryPointNotFoundException)
        {
            return -Errno.NoSystemCall;   // a libc older than the call
        }
    }

    private static int Checked(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_pwait2(int epoll, byte* events, int max, TimeSpec* limit, void* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* events, int max, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint nanoseconds, nuint unused3, nuint unused4, nuint unused5);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
