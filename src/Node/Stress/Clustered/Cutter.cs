using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>Between Akka and the network: while the node is cut off nothing comes through, either way.</summary>
/// <remarks>Akka has a throttler that can do this. It keeps the end of a connection to itself, and a node that comes
/// back under its old address may never hear an answer through it.</remarks>
internal sealed class Cutter(Transport wrapped) : AbstractTransportAdapter(wrapped), IAssociationEventListener
{
    private static readonly SchemeAugmenter Scheme = new("cutter");
    private volatile IAssociationEventListener? _above;
    private volatile bool _isCut;

    /// <inheritdoc/>
    protected override SchemeAugmenter SchemeAugmenter => Scheme;

    /// <inheritdoc/>
    public override Task<bool> ManagementCommand(object message)
    {
        if (message is not Cut cut)
            return WrappedTransport.ManagementCommand(message);
        _isCut = cut.IsOn;
        return Task.FromResult(true);
    }

    /// <summary>Somebody comes in.</summary>
    void IAssociationEventListener.Notify(IAssociationEvent happened)
    {
        if (happened is not InboundAssociation inbound)
            _above!.Notify(happened);
        else if (!_isCut)
            _above!.Notify(new InboundAssociation(new Handle(this, inbound.Association)));
        else
            inbound.Association.Disassociate("cut off", NoLogger.Instance);
    }

    /// <inheritdoc/>
    protected override async Task<IAssociationEventListener> InterceptListen(
        Address listenAddress, Task<IAssociationEventListener> listenerTask)
    {
        _ = NoteAsync(listenerTask);
        await Task.CompletedTask.ConfigureAwait(false);
        return this;
    }

    /// <inheritdoc/>
    protected override void InterceptAssociate(
        Address remoteAddress, TaskCompletionSource<AssociationHandle> statusPromise)
    {
        if (_isCut)
            statusPromise.SetException(new InvalidAssociationException($"cut off from {remoteAddress}"));
        else
            _ = AssociateAsync(remoteAddress, statusPromise);
    }

    private async Task AssociateAsync(Address remote, TaskCompletionSource<AssociationHandle> promise)
    {
        try
        {
            promise.SetResult(new Handle(this, await WrappedTransport.Associate(remote).ConfigureAwait(false)));
        }
        catch (Exception failed)
        {
            promise.SetException(failed);
        }
    }

    private async Task NoteAsync(Task<IAssociationEventListener> above) =>
        _above = await above.ConfigureAwait(false);

    /// <summary>To be told to the transport.</summary>
    /// <param name="IsOn">Or the cut is mended.</param>
    internal sealed record Cut(bool IsOn);

    private sealed class Handle : AssociationHandle, IHandleEventListener
    {
        private readonly Cutter _cutter;
        private readonly AssociationHandle _wrapped;
        private volatile IHandleEventListener? _above;

        public Handle(Cutter cutter, AssociationHandle wrapped)
            : base(Scheme.AugmentScheme(wrapped.LocalAddress), Scheme.AugmentScheme(wrapped.RemoteAddress))
        {
            (_cutter, _wrapped) = (cutter, wrapped);
            _ = ListenAsync();
        }

        public override bool Write(ByteString payload) => _cutter._isCut || _wrapped.Write(payload);

        [Obsolete("As it is in Akka, which still calls it.")]
        public override void Disassociate() =>
            _wrapped.Disassociate("the layer above asked for it", NoLogger.Instance);

        void IHandleEventListener.Notify(IHandleEvent happened)
        {
            if (!_cutter._isCut || happened is not InboundPayload)
                _above!.Notify(happened);
        }

        private async Task ListenAsync()
        {
            _above = await ReadHandlerSource.Task.ConfigureAwait(false);
            _wrapped.ReadHandlerSource.SetResult(this);
        }
    }
}

/// <summary>Makes it; named in the configuration.</summary>
internal sealed class CutterProvider : ITransportAdapterProvider
{
    /// <inheritdoc/>
    public Transport Create(Transport wrappedTransport, ExtendedActorSystem system) => new Cutter(wrappedTransport);
}
