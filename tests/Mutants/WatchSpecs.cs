namespace ChimneyActors.Mutants.Tests;

public sealed class WatchSpecs : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);
    private readonly ManualResetEventSlim _end = new();

    public void Dispose() => _end.Set();

    [Fact]
    public void A_hunt_that_does_not_end_fails_by_name_and_those_behind_it_can_go_on()
    {
        var watch = new Watch(Short, _end.Set);

        Should.Throw<TimeoutException>(() => watch.Run("spinner", Spin)).Message.ShouldContain("'spinner'");
        watch.Run("next", () => 7).ShouldBe(7);
    }

    [Fact]
    public void A_hunt_that_no_one_can_end_leaves_those_behind_it_unhunted()
    {
        var watch = new Watch(Short, () => { });

        Should.Throw<TimeoutException>(() => watch.Run("spinner", Spin));
        Should.Throw<TimeoutException>(() => watch.Run("next", () => 7)).Message
            .ShouldBe("not hunted: 'spinner' still spins");
    }

    [Fact]
    public void A_hunt_that_throws_throws_what_it_threw() =>
        Should.Throw<FormatException>(() => new Watch(TimeSpan.FromMinutes(1), () => { })
            .Run<int>("thrower", () => throw new FormatException("mine"))).Message.ShouldBe("mine");

    private int Spin()
    {
        _end.Wait();
        return 0;
    }
}
