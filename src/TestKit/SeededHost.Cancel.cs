namespace ChimneyActors.TestKit;

/// <summary>Sends that the host does not want any more.</summary>
internal sealed partial class SeededHost
{
    private readonly List<WorldPost> _cancellable = [];
    private long _closedUp;     // bytes of this offload that were cancelled

    /// <summary>Where the stream stands behind what was posted, if nothing else is cancelled.</summary>
    private long NextOffset => _connection!.Core.NextOffset - _closedUp;

    private bool IsOfThisOffload(WorldPost post) => post.Connection == _connection?.Core;

    private WorldPost? FindUnwanted()
    {
        _cancellable.RemoveAll(post => post.Answers > 0 || post.IsUnwanted || !IsOfThisOffload(post));
        return _cancellable.Count == 0 ? null : _cancellable[random.Below(_cancellable.Count)];
    }

    private void Cancel(WorldPost send)
    {
        trace.Write($"host {peer.Number}: cancels {send.What}");
        send.IsUnwanted = true;
        send.Cancel();
    }

    /// <summary>It was never a part of the stream: what the host posted behind it stands where it would have
    /// been.</summary>
    private void CloseUp(WorldPost cancelled)
    {
        if (!IsOfThisOffload(cancelled))
            return;     // whatever was behind it has not gone down either
        peer.Seams.Add(cancelled.StreamOffset, cancelled.Memory.Length);
        _closedUp += cancelled.Memory.Length;
    }
}
