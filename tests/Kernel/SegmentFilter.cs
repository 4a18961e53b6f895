using System.Runtime.InteropServices;

namespace ChimneyActors.Kernel;

/// <summary>Makes a socket deaf to segments before its TCP sees them, as if they were lost on the wire: they are never
/// acknowledged. A classic packet filter on the socket; needs no privilege.</summary>
internal static unsafe partial class SegmentFilter
{
    private const int LevelSocket = 1;
    private const int AttachFilter = 26;
    private const int DetachFilter = 27;
    private const byte FlagsOffset = 13;
    private const uint Fin = 1;
    private const ushort LoadByte = 0x30;          // BPF_LD | BPF_B | BPF_ABS
    private const ushort JumpIfSet = 0x45;         // BPF_JMP | BPF_JSET | BPF_K
    private const ushort Return = 0x06;            // BPF_RET | BPF_K

    /// <summary>Loses every segment with a FIN.</summary>
    internal static void LoseFins(int socket)
    {
        Instruction* program = stackalloc Instruction[4];
        program[0] = new Instruction { Code = LoadByte, Operand = FlagsOffset };
        program[1] = new Instruction { Code = JumpIfSet, IfTrue = 0, IfFalse = 1, Operand = Fin };
        program[2] = new Instruction { Code = Return, Operand = 0 };
        program[3] = new Instruction { Code = Return, Operand = uint.MaxValue };
        Attach(socket, program, 4);
    }

    /// <summary>Loses everything.</summary>
    internal static void LoseAll(int socket)
    {
        var program = new Instruction { Code = Return, Operand = 0 };
        Attach(socket, &program, 1);
    }

    /// <summary>Loses nothing any more; what was lost is sent again.</summary>
    internal static void LoseNothing(int socket)
    {
        int unused = 0;
        setsockopt(socket, LevelSocket, DetachFilter, &unused, sizeof(int)).ShouldBe(0);
    }

    private static void Attach(int socket, Instruction* program, ushort length)
    {
        var filter = new Filter { Length = length, Program = program };
        setsockopt(socket, LevelSocket, AttachFilter, &filter, (uint)sizeof(Filter)).ShouldBe(0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, void* value, uint length);

    [StructLayout(LayoutKind.Sequential)]
    private struct Instruction
    {
        internal ushort Code;
        internal byte IfTrue;
        internal byte IfFalse;
        internal uint Operand;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        internal ushort Length;
        internal Instruction* Program;
    }
}
