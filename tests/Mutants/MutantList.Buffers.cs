namespace ChimneyActors.Mutants.Tests;

/// <summary>Custody cells, parcels, pools; chains that won the gate.</summary>
internal static partial class MutantList
{
    private static readonly Mutant[] Buffers =
    [
        new("A chain member is held by its sender", "Buffers/Flight.cs",
            "parcel == head ? sender : HolderId.Chain",
            "sender",
            "the members of a chain stay with the binding, and the connection does not hold them"),
        new("The second member of a chain is not dispersed", "Buffers/Flight.cs",
            "Head.Next",
            "Head.Next?.Next",
            "a member that nobody holds cannot be completed"),
        new("The pool forgets who waits", "Buffers/NetBufferListPool.cs",
            "_free.Push(list); _waiting.TryDequeue(out waiter);",
            "_free.Push(list); waiter = null;",
            "who found the pool empty is never told that there is room"),
        new("The data start does not move", "Buffers/Parcel.cs",
            "OnCompleted(bytes);",
            "",
            "the byte count is not what the buffers say"),
    ];

    private static readonly Mutant[] Ndis =
    [
        new("A won chain is reversed", "Ndis/OffloadCompletion.cs",
            "if (_tail is null) _head = won; else _tail.Next = won; _tail = won;",
            "won.Next = _head; _head = won; _tail ??= won;",
            "completions come home in another order than their requests"),
        new("Refused data is said to be returned", "Ndis/OffloadCompletion.cs",
            "head.Status == NdisStatus.Success",
            "head.Status != NdisStatus.Pending",
            "data that the host did not take is dropped"),
        new("Indicated data stands at the beginning", "Ndis/IOffloadTarget.cs",
            "list.StreamOffset = streamOffset;",
            "list.StreamOffset = 0;",
            "the host is given data at the wrong place of the stream"),
    ];
}
