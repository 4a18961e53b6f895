using System.Net.Sockets;

namespace ChimneyActors.TestKit;

/// <summary>The other end of one connection of an <see cref="InMemoryTarget"/>, over all its offloads. No network: its
/// socket only names the connection.</summary>
public sealed class InMemoryPeer
{
    private readonly List<byte> _taken = [];
    private readonly List<byte> _said = [];

    internal InMemoryPeer(int number) => Number = number;

    /// <summary>From 0, in the order in which they were added.</summary>
    public int Number { get; }

    /// <summary>What to give to <see cref="Embedding.Binding"/>. It is not connected to anything.</summary>
    public Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>What the peer has received and acknowledged so far.</summary>
    public byte[] Received => [.. _taken.Take((int)Acknowledged)];

    /// <summary>Whether the host's FIN came, after all its data.</summary>
    public bool HostClosed { get; private set; }

    /// <summary>Whether either side has reset the connection.</summary>
    public bool IsReset { get; private set; }

    /// <summary>Is told of data when the peer acknowledges it.</summary>
    public Action<ReadOnlyMemory<byte>>? OnReceived { get; set; }

    /// <summary>Is told when the host's FIN came.</summary>
    public Action? OnHostClosed { get; set; }

    internal Action? Woken { get; set; }

    internal long Accepted => _taken.Count;

    internal long Acknowledged { get; private set; }

    internal bool FinSent { get; set; }

    internal bool Finished { get; private set; }

    internal long Read { get; private set; }

    internal long Unread => _said.Count - Read;

    internal bool OwesAcknowledgement => Acknowledged < Accepted || (FinSent && !HostClosed);

    /// <summary>Sends to the host.</summary>
    /// <exception cref="InvalidOperationException">The peer has closed its half.</exception>
    public void Say(ReadOnlySpan<byte> data)
    {
        if (Finished)
            throw new InvalidOperationException("The peer has closed its half.");
        _said.AddRange(data);
        Woken?.Invoke();
    }

    /// <summary>Closes the peer's half, behind what it has said.</summary>
    public void Close()
    {
        Finished = true;
        Woken?.Invoke();
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        IsReset = true;
        Woken?.Invoke();
    }

    /// <summary>Bytes on their way to the peer.</summary>
    internal void Accept(ReadOnlySpan<byte> data) => _taken.AddRange(data);

    internal void Acknowledge(int most)
    {
        int from = (int)Acknowledged;
        int count = (int)Math.Min(most, Accepted - from);
        Acknowledged += count;
        bool last = FinSent && Acknowledged == Accepted && !HostClosed;
        HostClosed |= last;
        if (count > 0)
            OnReceived?.Invoke(_taken.GetRange(from, count).ToArray());
        if (last)
            OnHostClosed?.Invoke();
    }

    internal int Take(Span<byte> into)
    {
        int count = (int)Math.Min(into.Length, Unread);
        for (int i = 0; i < count; i++)
            into[i] = _said[(int)Read + i];
        Read += count;
        return count;
    }
}
