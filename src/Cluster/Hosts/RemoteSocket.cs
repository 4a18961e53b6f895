using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>The name of a connection that another node has: what the stack carries as it carries a user's socket. It is
/// connected to nothing here.</summary>
/// <remarks>Disposing of it while it is the host's lets go of the connection: the adapter ends it, with a RST unless
/// both halves are closed.</remarks>
internal sealed class RemoteSocket : Socket
{
    private ReceivedBytes? _unheard;    // on the link's driver
    private int _isOffloaded;
    private int _isGone;

    internal RemoteSocket(HostLink link, ulong number, IPEndPoint remote, IPEndPoint? local)
        : base(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        Link = link;
        Number = number;
        Remote = remote;
        Local = local;
    }

    /// <summary>The link that it exists on; on no other.</summary>
    internal HostLink Link { get; }

    /// <summary>Its number there.</summary>
    internal ulong Number { get; }

    /// <summary>The peer.</summary>
    internal IPEndPoint Remote { get; }

    /// <summary>The adapter's end.</summary>
    internal IPEndPoint? Local { get; }

    /// <summary>The target takes it. False: it has it already, or nobody has it any more.</summary>
    internal bool TryTake() =>
        Volatile.Read(ref _isGone) == 0 && Interlocked.CompareExchange(ref _isOffloaded, 1, 0) == 0;

    /// <summary>It is the host's again.</summary>
    internal void GiveBack() => Volatile.Write(ref _isOffloaded, 0);

    /// <summary>An offload received this, and ended before the host knew of it.</summary>
    internal void AddUnheard(ReadOnlyMemory<byte> bytes) => (_unheard ??= new ReceivedBytes()).Add(bytes);

    /// <summary>Takes what the next offload has to deliver first.</summary>
    internal byte[] TakeUnheard() => _unheard?.TakeAll() ?? [];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isGone, 1) == 0)
            Link?.Post(null, new DropSignal(Number), null);     // null if the constructor threw
        base.Dispose(disposing);
    }
}

/// <summary>Nobody has a name for the connection any more.</summary>
internal sealed record DropSignal(ulong Number);
