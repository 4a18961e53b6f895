using System.Text.Json;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Clustering;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace ChimneyActors.Node.Admin;

/// <summary>What one node says of itself: to its own operator, and to those of other nodes.</summary>
internal sealed class NodeAnswers(Chimney chimney, ClusterMember? cluster)
{
    private const int MaxDefault = 1000;

    /// <summary>Connections of the node.</summary>
    public int Connections => chimney.Connections;

    /// <summary>Answers a question out of the cluster: <c>connections?max=10</c>.</summary>
    public async Task<string> AnswerAsync(string question)
    {
        int mark = question.IndexOf('?', StringComparison.Ordinal);
        (string what, string how) = mark < 0 ? (question, "") : (question[..mark], question[mark..]);
        return await FindAsync(what, how, CancellationToken.None).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"this node does not know '{what}'");
    }

    /// <summary>Answers, as JSON; null if it is not known what is asked.</summary>
    /// <param name="what">connections, requests, life, or adapters.</param>
    /// <param name="how">Numbers, as in the query of an address.</param>
    /// <param name="gone">Nobody waits any more.</param>
    public async Task<string?> FindAsync(string what, string how, CancellationToken gone)
    {
        Dictionary<string, StringValues> numbers = QueryHelpers.ParseQuery(how);
        int max = Number(numbers, "max", MaxDefault);
        return what switch
        {
            "connections" => Text(chimney.ViewConnections(max)),
            "requests" => Text((await LastingAsync(Number(numbers, "over", 0), gone).ConfigureAwait(false)).Take(max)),
            "life" => Text(chimney.ViewAdapters()),
            "adapters" => Text(cluster?.Target?.Adapters ?? []),
            _ => null,
        };
    }

    /// <summary>What was out at the beginning and is still out on the same journey.</summary>
    private async Task<IReadOnlyList<RequestView>> LastingAsync(int milliseconds, CancellationToken gone)
    {
        IReadOnlyList<RequestView> first = chimney.ViewRequests(int.MaxValue);
        if (milliseconds == 0)
            return first;
        await Task.Delay(milliseconds, gone).ConfigureAwait(false);
        HashSet<string> before = [.. first.Select(request => request.Id)];
        return [.. chimney.ViewRequests(int.MaxValue).Where(request => before.Contains(request.Id))];
    }

    /// <summary>Leads an adapter of this node through its life.</summary>
    /// <param name="adapter">Its name.</param>
    /// <param name="step">One that <c>chimney life --help</c> names.</param>
    /// <returns>How it went, as JSON; null if there is no such adapter or step.</returns>
    public async Task<string?> LeadAsync(string adapter, string step)
    {
        if (!chimney.ViewAdapters().Any(one => one.Name == adapter))
            return null;
        Adapter known = chimney.Adapter(adapter);
        Task<LifeResult>? going = step switch
        {
            "pause" => known.PauseAsync(),
            "restart" => known.RestartAsync(),
            "halt" => known.HaltAsync(),
            "remove" => known.RemoveAsync(),
            "initialize" => known.InitializeAsync(),
            "reset" => known.ResetAsync(),
            "offload-pause" => known.OffloadPauseAsync(),
            "offload-resume" => known.OffloadResumeAsync(),
            "upload-all" => known.UploadAllAsync(),
            _ => null,
        };
        return going is null ? null : Text(await going.ConfigureAwait(false));
    }

    private static string Text<T>(T answer) => JsonSerializer.Serialize(answer, AdminServer.Format);

    private static int Number(Dictionary<string, StringValues> numbers, string name, int otherwise) =>
        numbers.TryGetValue(name, out StringValues text) && int.TryParse(text, out int number) && number >= 0
            ? number
            : otherwise;
}
