namespace ChimneyActors.Oracle;

/// <summary>Whether two runs of a scenario mean the same.</summary>
internal static class Comparison
{
    /// <summary>The first difference, in words; null if there is none.</summary>
    internal static string? FirstDifference(Outcome one, Outcome other)
    {
        for (int step = 0; step < Math.Max(one.Steps.Count, other.Steps.Count); step++)
        {
            foreach (Lane lane in Enum.GetValues<Lane>())
            {
                Observation[] here = Of(one, step, lane);
                Observation[] there = Of(other, step, lane);
                for (int index = 0; index < Math.Max(here.Length, there.Length); index++)
                {
                    Observation? left = here.ElementAtOrDefault(index);
                    Observation? right = there.ElementAtOrDefault(index);
                    if (left is null || right is null || !left.IsLike(right))
                        return $"step {step + 1}: {one.Target}: {left?.ToString() ?? "nothing"}; "
                            + $"{other.Target}: {right?.ToString() ?? "nothing"}";
                }
            }
        }

        Outcome? wrong = one.Breaches.Count > 0 ? one : other.Breaches.Count > 0 ? other : null;
        return wrong is null ? null : $"{wrong.Target}: {wrong.Breaches[0]}";
    }

    /// <summary>Whether two steps brought the same.</summary>
    internal static bool AreAlike(IReadOnlyList<Observation> one, IReadOnlyList<Observation> other) =>
        one.Count == other.Count && Enum.GetValues<Lane>().All(lane =>
        {
            Observation[] here = [.. one.Where(said => said.Lane == lane)];
            Observation[] there = [.. other.Where(said => said.Lane == lane)];
            return here.Length == there.Length && here.Zip(there).All(pair => pair.First.IsLike(pair.Second));
        });

    private static Observation[] Of(Outcome outcome, int step, Lane lane) =>
        step < outcome.Steps.Count ? [.. outcome.Steps[step].Where(said => said.Lane == lane)] : [];
}
