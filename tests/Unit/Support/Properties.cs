using CsCheck;

namespace ChimneyActors.Unit.Support;

/// <summary>Properties over the same examples in every run; CsCheck's own sampling fixes only the first one.</summary>
internal static class Properties
{
    private const string Seed = "0000KOIPJqkk";

    /// <summary>Checks a hundred examples, or as many as asked; one that fails is made as small as it can be.</summary>
    public static void Always<T>(this Gen<T> examples, Action<T> check, int count = 100)
    {
        PCG random = PCG.Parse(Seed);
        for (int i = 0; i < count; i++)
        {
            string here = random.ToString();
            T example = examples.Generate(random, null, out _);
            try
            {
                check(example);
            }
            catch (Exception)
            {
                examples.Sample(check, seed: here);
                throw;
            }
        }
    }

    public static void Always<T1, T2>(this Gen<(T1, T2)> examples, Action<T1, T2> check, int count = 100) =>
        examples.Always(example => check(example.Item1, example.Item2), count);

    public static void Always<T1, T2, T3>(this Gen<(T1, T2, T3)> examples, Action<T1, T2, T3> check) =>
        examples.Always(example => check(example.Item1, example.Item2, example.Item3));
}
