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
        new("The context names the bottom owner", "Buffers/Flight.cs",
            "head.Frames.Push(driver, from?.Driver);",
            "head.Frames.Push(driver, head.Frames.Owner);",
            "the layers between are passed over on the way home"),
        new("The pool forgets who waits", "Buffers/NetBufferListPool.cs",
            "told = Math.Min(told, _waiting.Count);",
            "told = 0;",
            "who found the pool empty is never told that there is room"),
        new("The data start does not move", "Buffers/Parcel.cs",
            "OnCompleted(bytes);",
            "",
            "the byte count is not what the buffers say"),
        new("The way home has four places", "Buffers/ContextFrames.cs",
            "top is { Depth: DepthMax }",
            "top is { Depth: 4 }",
            "whoever leaves the fifth context dies of it"),
        new("The cell ignores the flight", "Buffers/Custody.cs",
            "Pack(from, flight, holder)",
            "Pack(from, Flight, holder)",
            "a late completion of an earlier journey wins in a later one"),
        new("Every journey has the same flight id", "Buffers/Flight.cs",
            "_last - --_left",
            "0 * --_left",
            "a late completion of an earlier journey wins in a later one"),
        new("Room that is still to be made is not passed on", "Buffers/NetBufferListPool.cs",
            "_free.Count > 0 || _all.Count < _max",
            "_free.Count > 0",
            "who waits for room is not told of lists that were reserved"),
        new("The gate lets everybody in", "Buffers/Parcel.cs",
            "if (!Custody.TryMove(CustodyState.Outstanding, flight, holder, CustodyState.Completing, flight, holder)) "
                + "return false;",
            "Custody.TryMove(CustodyState.Outstanding, flight, holder, CustodyState.Completing, flight, holder);",
            "who lost completes the parcel all the same"),
        new("A claim is good for any journey", "Buffers/Parcel.cs",
            "Parcel.TryComplete(Flight, Holder, status, bytes)",
            "Parcel.TryComplete(Parcel.Custody.Flight, Parcel.Custody.Holder, status, bytes)",
            "a target that answers late ends somebody else's journey"),
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
