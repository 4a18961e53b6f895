using ChimneyActors.Buffers;

namespace ChimneyActors.Unit.Buffers;

/// <summary>The way home is a stack (CTX-07), bounded by the depth of a stack of drivers.</summary>
public sealed class ContextFramesSpecs
{
    [Fact]
    public void Frames_come_off_in_the_reverse_order()
    {
        var frames = default(ContextFrames);
        Driver[] drivers = [.. Enumerable.Range(0, ContextFrames.DepthMax).Select(i => new Driver($"d{i}"))];
        foreach (Driver driver in drivers)
            frames.Push(driver, drivers[0]);
        frames.Depth.ShouldBe(ContextFrames.DepthMax);
        frames.Bottom.Driver.ShouldBe(drivers[0]);
        frames.Owner.ShouldBe(drivers[0]);
        frames.Contains(drivers[4]).ShouldBeTrue();
        foreach (Driver driver in drivers.Reverse())
        {
            frames.Top.Driver.ShouldBe(driver);
            frames.Pop().Driver.ShouldBe(driver);
        }
        frames.Depth.ShouldBe(0);
        frames.Contains(drivers[4]).ShouldBeFalse();
        frames.ToString().ShouldBe("none");
        frames.Owner.ShouldBeNull();        // a report may look at a parcel that lands meanwhile
    }

    [Fact]
    public void One_frame_too_many_is_a_violation_and_changes_nothing()
    {
        var frames = default(ContextFrames);
        var driver = new Driver("deep");
        for (int i = 0; i < ContextFrames.DepthMax; i++)
            frames.Push(driver, null);
        ContractViolationException? thrown = null;
        try
        {
            frames.Push(driver, null);
        }
        catch (ContractViolationException violation)
        {
            thrown = violation;
        }
        thrown.ShouldNotBeNull().Check.ShouldBe(VerifierCheck.ContextDepth);
        frames.Depth.ShouldBe(ContextFrames.DepthMax);
        frames.Clear();
        frames.Depth.ShouldBe(0);
    }

    private sealed class Driver(string name) : ContextOwner
    {
        public override string Name => name;
    }
}
