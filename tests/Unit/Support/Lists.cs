using ChimneyActors.Buffers;

namespace ChimneyActors.Unit.Support;

/// <summary>Lists outside any stack.</summary>
internal static class Lists
{
    public static NetBufferListPool Pool(int max = 64, IVerifier? verifier = null) =>
        new("test", max, 0, verifier ?? new RecordingVerifier());

    /// <summary>A rented list with one NET_BUFFER of so many bytes.</summary>
    public static NetBufferList Filled(
        this NetBufferListPool pool, OffloadOperation operation, int bytes = 0, long offset = 0)
    {
        NetBufferList list = pool.Rent(null)!;
        list.Operation = operation;
        list.StreamOffset = offset;
        list.FirstNetBuffer.Attach(new byte[bytes].AsMemory());
        return list;
    }

    /// <summary>Rented lists, hung on one another.</summary>
    public static NetBufferList[] Chain(this NetBufferListPool pool, int count)
    {
        NetBufferList[] chain = [.. Enumerable.Range(0, count).Select(_ => pool.Filled(OffloadOperation.Send))];
        for (int i = 1; i < count; i++)
            chain[i - 1].Next = chain[i];
        return chain;
    }

    /// <summary>The end of a journey; the list is ready for the next.</summary>
    public static void LandForTest(this NetBufferList list) =>
        list.Custody.TryMove(CustodyState.Completed, list.Custody.Flight, list.Custody.Holder,
            CustodyState.Rented, list.Custody.Flight, list.Custody.Holder).ShouldBeTrue();
}
