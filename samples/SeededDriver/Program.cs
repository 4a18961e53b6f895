using System.Globalization;
using ChimneyActors.TestKit;
using SeededDriver;

const int Seeds = 200;

if (args.Length > 0)
{
    // One seed of the driver's first version again, step by step.
    try
    {
        Workload.Run(long.Parse(args[0], CultureInfo.InvariantCulture), isMended: false, Console.Out);
        Console.WriteLine("nothing broke");
        return 0;
    }
    catch (LedgerException broken)
    {
        Console.WriteLine(broken.Message);
        return 1;
    }
}

long? found = null;
for (long seed = 1; seed <= Seeds && found is null; seed++)
{
    try
    {
        Workload.Run(seed, isMended: false);
    }
    catch (LedgerException broken)
    {
        found = seed;
        Console.WriteLine($"as it was: seed {seed} breaks a promise: {broken.Message}");
        Console.WriteLine($"again, step by step: dotnet run --project samples/SeededDriver -c Release -- {seed}");
    }
}
if (found is null)
{
    Console.WriteLine($"as it was: {Seeds} seeds did not find the bug");
    return 1;
}

for (long seed = 1; seed <= Seeds; seed++)
    Workload.Run(seed, isMended: true);
Console.WriteLine($"mended: {Seeds} seeds, {Workload.Sends} sends, {Workload.Crashes} crashes, nothing broken");
return 0;
