using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Simulation;

/// <summary>A pause that a host holds up: nobody below is to blame for it.</summary>
public sealed class LongPauseSpecs : IConnectionUser, IDisposable
{
    private readonly DrivenStack _stack = new(1);
    private ReceivedData _lent = null!;

    [Fact]
    public void A_driver_that_was_not_asked_yet_is_not_late()
    {
        Adapter nic = _stack.Chimney.Adapter("nic0");
        Targets.Simulated.SimulatedLine line = _stack.Network.Connect();
        OffloadedConnection connection = _stack.Offload(new UploadResult(line.Socket, default, default, false), this);
        line.Peer.Send(new byte[10]);
        _stack.Until(() => connection.BytesReceived == 10);

        _stack.Result(nic.PauseAsync()).Status.ShouldBe(NdisStatus.Pending);
        nic.State.ShouldBe(AdapterState.Pausing);
        _stack.Pass(TimeSpan.FromMinutes(1));       // longer than any driver may take
        _lent.Return();

        _stack.Result(nic.PauseAsync()).IsDone.ShouldBeTrue();
        _stack.Chimney.Violations.ShouldBeEmpty();
        OffloadedConnection.Release(_stack.Result(connection.UploadAsync()));
    }

    void IConnectionUser.OnReceived(ReceivedData data) => _lent = data;

    void IConnectionUser.OnPeerClosed()
    {
    }

    void IConnectionUser.OnAborted()
    {
    }

    public void Dispose() => _stack.Dispose();
}
