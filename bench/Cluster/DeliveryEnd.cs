using Akka.Actor;
using Akka.Delivery;

namespace ChimneyActors.Bench.Cluster;

/// <summary>One end of two streams of Akka.Delivery, one each way: what somebody would take who does not write a link
/// protocol.</summary>
internal sealed class DeliveryEnd(Action<DeliveryEnd, byte[]> take) : UntypedActor
{
    private readonly Queue<byte[]> _waiting = new();
    private IActorRef? _next;

    /// <summary>From its own thread: sends when it may.</summary>
    public void Send(byte[] message)
    {
        _waiting.Enqueue(message);
        SendWaiting();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case byte[] wanted:
                Send(wanted);
                break;
            case ProducerController.RequestNext<byte[]> request:
                _next = request.SendNextTo;
                SendWaiting();
                break;
            case ConsumerController.Delivery<byte[]> delivery:
                take(this, delivery.Message);
                delivery.ConfirmTo.Tell(ConsumerController.Confirmed.Instance);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void SendWaiting()
    {
        if (_next is null || !_waiting.TryDequeue(out byte[]? first))
            return;
        _next.Tell(first);
        _next = null;
    }
}
