using System.Net.Sockets;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Adapters;

/// <summary>Something that the adapter's own stack, or the network, told; waits for the link's driver.</summary>
internal abstract record Happened;

/// <summary>An attempt to connect ended.</summary>
internal sealed record SocketConnected(ulong Number, Socket? Socket, Exception? Error) : Happened;

/// <summary>An initiate ended.</summary>
internal sealed record OffloadBegun(AdapterOffload To, OffloadedConnection? Connection, Exception? Error) : Happened;

/// <summary>Data of the peer, lent.</summary>
internal sealed record DataCame(AdapterOffload To, ReceivedData Data) : Happened;

/// <summary>A piece of data was completed.</summary>
internal sealed record PieceDone(AdapterOffload To, long Number, SendResult Result) : Happened;

/// <summary>A disconnect was completed.</summary>
internal sealed record DisconnectDone(AdapterOffload To, DisconnectKind Kind, DisconnectResult Result) : Happened;

/// <summary>The peer's FIN.</summary>
internal sealed record PeerFinishedSaid(AdapterOffload To) : Happened;

/// <summary>The connection was reset, or lost.</summary>
internal sealed record ResetSaid(AdapterOffload To) : Happened;

/// <summary>The stack asks to be rid of the connection.</summary>
internal sealed record UploadWish(AdapterOffload To, TcpUploadReason Reason) : Happened;

/// <summary>A query, update or invalidate ended.</summary>
internal sealed record Answered(AdapterOffload To, TcpOffloadState? State, bool IsDone) : Happened;

/// <summary>The stack has given the connection back.</summary>
internal sealed record Uploaded(AdapterOffload To, UploadResult Rest) : Happened;
