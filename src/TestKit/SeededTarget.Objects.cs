using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>Paths and neighbors of the seeded target.</summary>
internal sealed partial class SeededTarget
{
    private readonly Dictionary<OffloadHandle, SeededObject> _objects = [];
    private readonly List<SeededObject> _objectOrder = [];
    private readonly HashSet<OffloadHandle> _known = [];    // every object there ever was

    /// <summary>One that is here; null if it is not.</summary>
    internal SeededObject? FindObject(OffloadHandle handle) => _objects.GetValueOrDefault(handle);

    internal void Remove(SeededObject one)
    {
        _objects.Remove(one.Handle);
        _objectOrder.Remove(one);
    }

    /// <summary>Whatever hangs on it has lost its way.</summary>
    internal void LoseWay(SeededObject lost)
    {
        foreach (SeededObject path in _objectOrder.ToArray())
            if (path.Parent == lost.Handle)
                path.Break();
        foreach (SeededWire wire in _order.ToArray())
            if (wire.Path == lost.Handle)
                wire.LoseWay();
    }

    /// <summary>Nothing is ended under what depends on it (TERM-22); but whose actor is dead the stack has given up
    /// on.</summary>
    internal void CheckAlone(SeededObject ended)
    {
        bool isUsed = _objectOrder.Exists(path => path.Parent == ended.Handle)
            || _order.Exists(wire => wire.Path == ended.Handle);
        if (isUsed && !IsExcused())
            Wrong ??= $"{ended.Layer} {ended.Handle} was ended under what depends on it";
    }

    private bool SubmitToObject(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is InitiateOffload { Block: { } block })
        {
            if (!block.Parent.IsNone && !_known.Contains(block.Parent) && !IsExcused())
                Wrong ??= $"{block.Layer} {request.Connection} was asked for before what it depends on";
            if (block.Layer == OffloadLayer.Tcp)
                return false;
            var made = new SeededObject(this, request.Connection, block);
            _known.Add(request.Connection);
            _objects[request.Connection] = made;
            _objectOrder.Add(made);
        }
        if (FindObject(request.Connection) is not { } one)
            return false;
        one.Submit(request, upcalls);
        return true;
    }

    private void SeverObject(SeededObject one, IOffloadUpcalls upcalls)
    {
        one.Forget();
        Remove(one);
        upcalls.Indicate(new Severed(one.Handle, default, TcpConnectionState.Closed, null, default, 0, false));
    }
}
