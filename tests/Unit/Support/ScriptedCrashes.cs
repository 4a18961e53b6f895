using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Support;

/// <summary>Kills one driver once: at the chosen visit of a step of its handlers.</summary>
internal sealed class ScriptedCrashes : ICrashPlan
{
    private string _driver = "";
    private CrashStep _step;
    private int _left = -1;
    private int _crashes;

    public int Crashes => Volatile.Read(ref _crashes);

    public bool HasCrashed => Volatile.Read(ref _left) < 0;

    /// <summary>Each driver with each step: whoever may die, wherever.</summary>
    public static TheoryData<string, CrashStep> Each(params string[] drivers)
    {
        var deaths = new TheoryData<string, CrashStep>();
        foreach (string driver in drivers)
            foreach (CrashStep step in Enum.GetValues<CrashStep>())
                deaths.Add(driver, step);
        return deaths;
    }

    /// <summary>Arms it. <paramref name="visit"/> counts from 0.</summary>
    public void Arm(string driver, CrashStep step, int visit)
    {
        _driver = driver;
        _step = step;
        Volatile.Write(ref _left, visit);
    }

    public void Disarm() => Volatile.Write(ref _left, -1);

    public void At(string driver, CrashStep step)
    {
        if (Volatile.Read(ref _left) < 0 || step != _step || !driver.StartsWith(_driver, StringComparison.Ordinal))
            return;
        if (Interlocked.Decrement(ref _left) != -1)
            return;
        Interlocked.Increment(ref _crashes);
        throw new ScriptedCrashException(driver, step);
    }
}

internal sealed class ScriptedCrashException(string driver, CrashStep step)
    : Exception($"{driver} killed {step}");
