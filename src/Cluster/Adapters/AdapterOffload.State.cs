using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Adapters;

/// <summary>What the host asks of the state of the connection: one after the other, answered in order.</summary>
internal sealed partial class AdapterOffload
{
    private readonly Queue<Item> _questions = new();

    private void Ask(Item question)
    {
        _questions.Enqueue(question);
        if (_questions.Count == 1)
            _ = AnswerAsync(question);
    }

    private async Task AnswerAsync(Item question)
    {
        TcpOffloadState? state = null;
        bool isDone = true;
        try
        {
            if (_connection is null)
                isDone = false;
            else if (question.KindCase == Item.KindOneofCase.Query)
                state = await _connection.QueryAsync().ConfigureAwait(false);
            else if (question.KindCase == Item.KindOneofCase.Update)
                await _connection.UpdateAsync(StateText.Read(question.Update)).ConfigureAwait(false);
            else
                await _connection.InvalidateAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            isDone = false;     // the target does not, or the value is not lawful: the host is told no more (UPD-04)
        }

        link.Post(new Answered(this, state, isDone));
    }

    private void OnAnswered(Answered answered)
    {
        Item question = _questions.Dequeue();
        SayAcknowledged();
        Say(question.KindCase switch
        {
            Item.KindOneofCase.Query => new Item
            {
                Queried = answered.State is null ? new State() : StateText.Write(answered.State),
            },
            Item.KindOneofCase.Update => new Item { Updated = answered.IsDone },
            _ => new Item { Invalidated = answered.IsDone },
        });
        if (_questions.TryPeek(out Item? next))
            _ = AnswerAsync(next);
    }
}
