namespace ChimneyActors.World.Tests.Support;

/// <summary>How many seeds a spec runs: its own number of them, or that of CHIMNEY_SEEDS.</summary>
internal static class SeedCount
{
    public static int Or(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("CHIMNEY_SEEDS"), out int seeds) ? seeds : usual;
}
