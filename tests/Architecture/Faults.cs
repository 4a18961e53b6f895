namespace ChimneyActors.Architecture;

/// <summary>How a spec says what it found: a line each.</summary>
internal static class Faults
{
    /// <summary>Fails with all of them.</summary>
    public static void ShouldBeNone(this IEnumerable<string> faults)
    {
        string[] found = [.. faults];
        if (found.Length > 0)
            Assert.Fail($"{found.Length} found:\n{string.Join('\n', found)}");
    }
}
