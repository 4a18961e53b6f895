using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Adapters;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster.Tests.Adapters;

/// <summary>What an adapter says of the answers of its own stack.</summary>
public sealed class AdapterOffloadSpecs : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly AdapterLink _link;
    private readonly AdapterOffload _offload;

    public AdapterOffloadSpecs()
    {
        _link = new AdapterLink(new LinkName(1, 1), new LinkSettings(), null!, static () => { });
        _offload = new AdapterOffload(_link, 7, new AdapterSocket(3, _socket), 1000);
    }

    public void Dispose() => _socket.Dispose();

    [Fact]
    public void Pieces_that_were_overtaken_over_a_dead_driver_are_told_in_order()
    {
        Take(new PieceDone(_offload, 1, new SendResult(NdisStatus.Success, 10)));
        Take(new PieceDone(_offload, 2, new SendResult(NdisStatus.Success, 20)));
        Said().ShouldAllBe(item => item.Acknowledged.Pieces == 0);
        Take(new PieceDone(_offload, 0, new SendResult(NdisStatus.Success, 5)));

        Item last = Said()[^1];
        (last.Number, last.Acknowledged.Pieces, last.Acknowledged.Bytes).ShouldBe((7ul, 3ul, 35ul));
    }

    [Fact]
    public void A_piece_that_failed_counts_with_its_acknowledged_bytes_and_is_not_finished()
    {
        Take(new PieceDone(_offload, 0, new SendResult(NdisStatus.UploadInProgress, 4)));
        Item[] said = Said();
        said.ShouldContain(item => item.UploadWanted == (uint)Ndis.TcpUploadReason.HardwareFailure);
        said.Single(item => item.Acknowledged is not null).Acknowledged.ShouldBe(new Acknowledged { Bytes = 4 });
    }

    private void Take(Happened happened)
    {
        _offload.Take(happened);
        _offload.Run();
    }

    private Item[] Said()
    {
        var said = new List<Item>();
        while (_link.NextFrame(default) is { } frame)
            said.AddRange(frame.Items);
        return [.. said];
    }
}
