using System.Net.Sockets;

namespace ChimneyActors.Conformance.Stages;

/// <summary>The other end of a connection under test.</summary>
internal abstract class StagePeer : IDisposable
{
    private Action<string>? _noted;

    protected StagePeer(int number) => Number = number;

    /// <summary>Names its streams.</summary>
    public int Number { get; }

    /// <summary>By what the stack knows the connection.</summary>
    public abstract Socket Socket { get; }

    /// <summary>Bytes that it has read.</summary>
    public long Received { get; private set; }

    /// <summary>Bytes that it has sent.</summary>
    public long Said { get; private set; }

    /// <summary>Whether our FIN came.</summary>
    public bool SawFin { get; private set; }

    /// <summary>Whether our RST came.</summary>
    public bool SawReset { get; private set; }

    /// <summary>What is not as it should be in the bytes that came; null for nothing.</summary>
    public string? Wrong { get; private set; }

    /// <summary>Told of what happens here.</summary>
    public Action<string> Noted
    {
        set => _noted = value;
    }

    /// <summary>Whether it reads; while it does not, its window closes.</summary>
    public abstract bool Reads { set; }

    /// <summary>Sends so many bytes of its stream.</summary>
    public void Say(int length)
    {
        byte[] data = Pattern.Bytes(HostStream, Said, length);
        Said += length;
        _noted?.Invoke($"sends {length} bytes");
        Send(data);
    }

    /// <summary>Closes its half.</summary>
    public void Finish()
    {
        _noted?.Invoke("sends FIN");
        SendFin();
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        _noted?.Invoke("sends RST");
        SendReset();
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Number of the stream to the peer.</summary>
    public int PeerStream => Number * 2;

    /// <summary>Number of the stream to the host.</summary>
    public int HostStream => (Number * 2) + 1;

    protected abstract void Send(byte[] data);

    protected abstract void SendFin();

    protected abstract void SendReset();

    /// <summary>Bytes came.</summary>
    protected void Take(ReadOnlySpan<byte> data)
    {
        if (Wrong is null && Pattern.FirstWrong(PeerStream, Received, data) is { } at)
            Wrong = $"the byte at {at} is not the one that was sent there";
        Received += data.Length;
        _noted?.Invoke($"has {Received} bytes");
    }

    protected void TakeFin()
    {
        SawFin = true;
        _noted?.Invoke("has our FIN");
    }

    protected void TakeReset()
    {
        SawReset = true;
        _noted?.Invoke("has our RST");
    }
}
