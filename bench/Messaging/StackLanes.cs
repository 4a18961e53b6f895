using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Protocols;

namespace ChimneyActors.Bench.Messaging;

/// <summary>At which height of the stack a request is made.</summary>
internal enum Height
{
    /// <summary>A task for each request: what most users will write.</summary>
    Tasks,

    /// <summary>A callback for each request.</summary>
    Callbacks,

    /// <summary>Posts that are used again: what is left is the drivers'.</summary>
    Messages,
}

/// <summary>Makes lanes at each height.</summary>
internal static class StackLanes
{
    private static readonly byte[] Data = new byte[64];

    public static Lane[] Make(Height height, OffloadedConnection[] connections, int window, int chain) =>
        [.. Enumerable.Range(0, window).Select(i => Make(height, connections[i % connections.Length], chain))];

    private static Lane Make(Height height, OffloadedConnection connection, int chain) => height switch
    {
        Height.Tasks => chain == 1 ? new TaskLane(connection) : new ChainTaskLane(connection, chain),
        Height.Callbacks => new CallbackLane(connection),
        _ => new MessageLane(connection, chain),
    };

    private sealed class TaskLane(OffloadedConnection connection) : Lane
    {
        public override void Start() => _ = LoopAsync();

        private async Task LoopAsync()
        {
            do
                await connection.SendAsync(Data).ConfigureAwait(false);
            while (Next());
        }
    }

    private sealed class ChainTaskLane(OffloadedConnection connection, int length) : Lane
    {
        private readonly ReadOnlyMemory<byte>[] _chain = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)Data, length)];

        public override void Start() => _ = LoopAsync();

        private async Task LoopAsync()
        {
            do
                foreach (ValueTask<SendResult> one in connection.SendChainAsync(_chain))
                    await one.ConfigureAwait(false);
            while (Next());
        }
    }

    private sealed class CallbackLane(OffloadedConnection connection) : Lane
    {
        public override void Start() => connection.Send(Data, static (lane, _) => ((CallbackLane)lane!).Go(), this);

        private void Go()
        {
            if (Next())
                Start();
        }
    }

    private sealed class MessageLane : Lane
    {
        private readonly OffloadedConnection _connection;
        private readonly AgainPost[] _posts;
        private int _left;

        public MessageLane(OffloadedConnection connection, int length)
        {
            _connection = connection;
            _posts = [.. Enumerable.Range(0, length).Select(_ => new AgainPost(connection.Core, this))];
            for (int i = 0; i + 1 < length; i++)
                _posts[i].Next = _posts[i + 1];
        }

        public override void Start()
        {
            _left = _posts.Length;
            foreach (AgainPost post in _posts)
                post.Renew();
            _connection.Send(_posts[0]);
        }

        public void CountAnswer()
        {
            if (--_left == 0 && Next())
                Start();
        }
    }

    /// <summary>A post that is used again once it is answered. Users cannot do that: a promise is given once.</summary>
    private sealed class AgainPost : Post
    {
        private readonly MessageLane _lane;

        public AgainPost(BindingConnection connection, MessageLane lane)
            : base(connection, OffloadOperation.Send)
        {
            _lane = lane;
            Memory = Data;
        }

        public void Renew()
        {
            Reopen();
            IsSafe = false;
        }

        protected override void OnDone(NdisStatus status, long bytes) => _lane.CountAnswer();
    }
}
