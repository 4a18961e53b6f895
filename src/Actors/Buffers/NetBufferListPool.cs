using System.Globalization;

namespace ChimneyActors.Buffers;

/// <summary>Told when a pool that was empty has something again.</summary>
public interface IPoolWaiter
{
    /// <summary>Called once for each wait, from any thread, without locks held. Rent again, and wait again if need be;
    /// who wants nothing any more calls <see cref="NetBufferListPool.PassOn"/>, or others would wait beside a free
    /// list.</summary>
    void RoomAgain();
}

/// <summary>All NET_BUFFER_LISTs of one purpose. Bounded: its size bounds every mailbox behind it.</summary>
/// <remarks>Lists are made when first needed and kept. A pool never fails a request: whoever finds it empty
/// waits.</remarks>
public sealed class NetBufferListPool
{
    private readonly Stack<NetBufferList> _free = new();
    private readonly List<NetBufferList> _all = [];
    private readonly Queue<IPoolWaiter> _waiting = new();
    private readonly int _bufferBytes;
    private readonly IVerifier _verifier;
    private Latch _latch;
    private int _max;

    /// <summary>A pool.</summary>
    /// <param name="name">For reports.</param>
    /// <param name="max">Most lists that can be out at once.</param>
    /// <param name="bufferBytes">Memory that each list brings along; 0 for none.</param>
    /// <param name="verifier">Takes reports of unlawful returns.</param>
    public NetBufferListPool(string name, int max, int bufferBytes, IVerifier verifier)
    {
        Name = name;
        _max = max;
        _bufferBytes = bufferBytes;
        _verifier = verifier;
    }

    /// <summary>For reports.</summary>
    public string Name { get; }

    /// <summary>Bytes of memory each list brings along.</summary>
    public int BufferBytes => _bufferBytes;

    /// <summary>How many lists are not in the pool now.</summary>
    public int Out
    {
        get
        {
            _latch.Enter();
            int count = _all.Count - _free.Count;
            _latch.Leave();
            return count;
        }
    }

    /// <summary>A list, or null when all are out: then <paramref name="waiter"/> is told as soon as one is
    /// back.</summary>
    public NetBufferList? Rent(IPoolWaiter? waiter) => Rent(1, waiter, out _);

    /// <summary>So many lists as one chain, or as many as there are: then <paramref name="waiter"/> is told as soon as
    /// one is back.</summary>
    internal NetBufferList? Rent(int wanted, IPoolWaiter? waiter, out int rented)
    {
        NetBufferList? head = null;
        NetBufferList? tail = null;
        _latch.Enter();
        try
        {
            for (rented = 0; rented < wanted; rented++)
            {
                NetBufferList? list = Take();
                if (list is null)
                {
                    if (waiter is not null)
                        _waiting.Enqueue(waiter);
                    break;
                }
                list.Custody.Set(CustodyState.Rented, default, HolderId.None);
                if (tail is null)
                    head = list;
                else
                    tail.Next = list;
                tail = list;
            }
            return head;
        }
        finally
        {
            _latch.Leave();
        }
    }

    /// <summary>Takes a list back. False, with a report, if it is not rented: outstanding, or returned
    /// already.</summary>
    public bool Return(NetBufferList list)
    {
        if (!list.Custody.TryMove(CustodyState.Rented, list.Custody.Flight, list.Custody.Holder,
            CustodyState.Free, default, HolderId.None))
        {
            string detail = string.Create(CultureInfo.InvariantCulture,
                $"returned to pool {Name} while {list.Custody.State}; {list.Describe()}");
            _verifier.Report(new Violation(VerifierCheck.UseAfterHandOver, Name, list.Connection, list.Id,
                list.Custody.Flight, detail));
            return false;
        }
        list.Reset();
        Put(list);
        return true;
    }

    /// <summary>Gives a chain of lists, free and reset, to whoever rents next; for each, one who waits is
    /// told.</summary>
    internal void Put(NetBufferList? chain)
    {
        int told = 0;
        _latch.Enter();
        try
        {
            for (NetBufferList? next; chain is not null; chain = next, told++)
            {
                next = (NetBufferList?)chain.Next;
                chain.Next = null;
                _free.Push(chain);
            }
            told = Math.Min(told, _waiting.Count);
        }
        finally
        {
            _latch.Leave();
        }
        for (; told > 0; told--)
            PassOn();
    }

    /// <summary>Tells the next who waits, if there is room: for whoever was told and does not use it.</summary>
    public void PassOn()
    {
        IPoolWaiter? waiter = null;
        _latch.Enter();
        if (_free.Count > 0 || _all.Count < _max)
            _waiting.TryDequeue(out waiter);
        _latch.Leave();
        waiter?.RoomAgain();
    }

    /// <summary>How many lists there may be.</summary>
    internal int ListsMax
    {
        get
        {
            _latch.Enter();
            int most = _max;
            _latch.Leave();
            return most;
        }
    }

    /// <summary>Makes room for more lists: a connection reserves its disconnects when it is initiated.</summary>
    internal void Reserve(int lists)
    {
        _latch.Enter();
        _max += lists;
        _latch.Leave();
        for (; lists > 0; lists--)
            PassOn();
    }

    /// <summary>Every list ever made, for the auditor.</summary>
    internal NetBufferList[] Audit()
    {
        _latch.Enter();
        try
        {
            return [.. _all];
        }
        finally
        {
            _latch.Leave();
        }
    }

    private NetBufferList? Take()
    {
        if (_free.TryPop(out NetBufferList? list))
            return list;
        if (_all.Count >= _max)
            return null;
        list = new NetBufferList(this);
        if (_bufferBytes > 0)
            list.Buffer = GC.AllocateUninitializedArray<byte>(_bufferBytes, pinned: true);
        _all.Add(list);
        return list;
    }
}
