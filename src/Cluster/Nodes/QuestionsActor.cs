using System.Text;
using Akka.Actor;
using Akka.Cluster;
using ChimneyActors.Cluster.Wire;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>Ask every member this.</summary>
internal sealed record AskAll(string Question, TimeSpan Within, TaskCompletionSource<IReadOnlyList<NodeAnswer>> Done)
    : INoSerializationVerificationNeeded;

/// <summary>Asks and answers for one node. Only members are answered.</summary>
internal sealed class QuestionsActor(Func<string, Task<string>> answer) : UntypedActor, IWithTimers
{
    internal const string Name = "chimney-questions";
    private const int PartBytesMax = 64 * 1024;
    private const int PartsMax = 1024;
    private readonly Dictionary<ulong, Round> _rounds = [];
    private ulong _last;

    public ITimerScheduler Timers { get; set; } = null!;

    private static IEnumerable<Address> Members => Akka.Cluster.Cluster.Get(Context.System).State.Members
        .Where(static member => member.Status is not (MemberStatus.Down or MemberStatus.Removed))
        .Select(static member => member.Address);

    protected override void PostStop()
    {
        foreach (Round round in _rounds.Values)
            round.End("this node ends");
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AskAll ask: Begin(ask); break;
            case QuestionMessage { KindCase: QuestionMessage.KindOneofCase.Question } said:
                Answer(said.Question);
                break;
            case QuestionMessage { KindCase: QuestionMessage.KindOneofCase.Answer } said:
                Take(said.Answer);
                break;
            case Reply reply: Say(reply); break;
            case ulong late: Finish(late); break;
            default: Unhandled(message); break;
        }
    }

    private void Begin(AskAll ask)
    {
        Address self = Akka.Cluster.Cluster.Get(Context.System).SelfAddress;
        var round = new Round(ask.Done, Members, self);
        _rounds.Add(++_last, round);
        foreach (Address node in round.Asked)
            Context.ActorSelection(new RootActorPath(node) / "user" / Name).Tell(new QuestionMessage
            {
                Question = new Question { Number = _last, Text = ask.Question },
            });
        if (round.IsComplete)
            Finish(_last);
        else
            Timers.StartSingleTimer(_last, _last, ask.Within);
    }

    private void Answer(Question question)
    {
        if (!IsMember(Sender))
            return;
        IActorRef to = Sender;
        RunAsync(question.Text).PipeTo(Self, success: text => new Reply(to, question.Number, text, null),
            failure: error => new Reply(to, question.Number, "", error.Message));
    }

    private async Task<string> RunAsync(string question) => await answer(question).ConfigureAwait(false);

    private static void Say(Reply reply)
    {
        byte[] text = Encoding.UTF8.GetBytes(reply.Text);
        int parts = Math.Max(1, (text.Length + PartBytesMax - 1) / PartBytesMax);
        string? failure = parts > PartsMax ? $"an answer of {text.Length} bytes is too long" : reply.Failure;
        for (int part = 0; part < (failure is null ? parts : 1); part++)
        {
            int from = part * PartBytesMax;
            reply.To.Tell(new QuestionMessage
            {
                Answer = new Answer
                {
                    Number = reply.Number,
                    Part = (uint)part,
                    Parts = (uint)parts,
                    Text = ByteString.CopyFrom(text, from, Math.Min(PartBytesMax, text.Length - from)),
                    Failure = failure ?? "",
                },
            });
        }
    }

    private void Take(Answer said)
    {
        if (_rounds.TryGetValue(said.Number, out Round? round) && round.Take(AddressOf(Sender), said))
            Finish(said.Number);
    }

    private void Finish(ulong number)
    {
        Timers.Cancel(number);
        if (_rounds.Remove(number, out Round? round))
            round.End("no answer in time");
    }

    private static bool IsMember(IActorRef who) => Members.Contains(AddressOf(who));

    private static Address AddressOf(IActorRef who) => who.Path.Address.HasLocalScope
        ? Akka.Cluster.Cluster.Get(Context.System).SelfAddress
        : who.Path.Address;

    private sealed record Reply(IActorRef To, ulong Number, string Text, string? Failure);

    /// <summary>One question and what came of it.</summary>
    private sealed class Round(
        TaskCompletionSource<IReadOnlyList<NodeAnswer>> done, IEnumerable<Address> members, Address self)
    {
        private readonly SortedDictionary<Address, ByteString?[]> _parts =
            new(members.ToDictionary(static node => node, static _ => Array.Empty<ByteString?>()));

        private readonly Dictionary<Address, string> _failures = [];

        public IReadOnlyCollection<Address> Asked => _parts.Keys;

        public bool IsComplete => _parts.All(node => IsThere(node.Key, node.Value));

        /// <summary>Takes a part; true when nothing is missing any more.</summary>
        public bool Take(Address from, Answer said)
        {
            if (!_parts.TryGetValue(from, out ByteString?[]? parts) || said.Parts is 0 or > PartsMax)
                return false;
            if (parts.Length == 0)
                _parts[from] = parts = new ByteString?[said.Parts];
            if (said.Failure.Length > 0)
                _failures[from] = said.Failure;
            if (said.Part < parts.Length)
                parts[said.Part] = said.Text;
            return IsComplete;
        }

        public void End(string otherwise) => done.TrySetResult(
        [
            .. _parts.Select(node => IsThere(node.Key, node.Value)
                ? new NodeAnswer(Text(node.Key), _failures.ContainsKey(node.Key) ? null : Join(node.Value),
                    _failures.GetValueOrDefault(node.Key))
                : new NodeAnswer(Text(node.Key), null, otherwise)),
        ]);

        private bool IsThere(Address node, ByteString?[] parts) =>
            _failures.ContainsKey(node)
            || (parts.Length > 0 && Array.TrueForAll(parts, static part => part is not null));

        private string Text(Address node) => node.Equals(self) ? $"{node} (this one)" : node.ToString();

        private static string Join(ByteString?[] parts) =>
            Encoding.UTF8.GetString([.. parts.SelectMany(static part => part!)]);
    }
}
