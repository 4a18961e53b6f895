using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Buffers;

/// <summary>The way home of a parcel (CTX-01, CTX-04, CTX-07).</summary>
public sealed class ContextFramesModelSpecs
{
    private static readonly Edge[] Drivers = [.. Enumerable.Range(0, 4).Select(i => new Edge($"mux{i}"))];

    [Fact]
    public void It_is_a_stack_of_ten() =>
        Gen.Int[-1, Drivers.Length - 1].Array[0, 40].Always(steps =>
        {
            var frames = default(ContextFrames);
            var model = new Stack<ContextFrame>();
            foreach (int step in steps)
            {
                if (step < 0 && model.Count > 0)
                    frames.Pop().ShouldBe(model.Pop());
                else if (step >= 0 && model.Count < ContextFrames.DepthMax)
                    Push(ref frames, model, step);
                frames.Depth.ShouldBe(model.Count);
                if (model.Count > 0)
                    (frames.Top, frames.Bottom).ShouldBe((model.Peek(), model.Last()));
                foreach (Edge driver in Drivers)
                    frames.Contains(driver).ShouldBe(model.Any(frame => frame.Driver == driver));
            }
        });

    [Fact]
    public void Cleared_it_knows_nobody()
    {
        var frames = default(ContextFrames);
        frames.ToString().ShouldBe("none");
        frames.Push(Drivers[0], null);
        frames.Push(Drivers[1], Drivers[0]);
        frames.ToString().ShouldBe("mux0/mux1");

        frames.Clear();

        frames.Depth.ShouldBe(0);
        frames.Contains(Drivers[0]).ShouldBeFalse();
        frames.ToString().ShouldBe("none");
    }

    private static void Push(ref ContextFrames frames, Stack<ContextFrame> model, int driver)
    {
        Edge? answerTo = driver == 0 ? null : Drivers[driver - 1];
        frames.Push(Drivers[driver], answerTo);
        model.Push(new ContextFrame(Drivers[driver], answerTo));
    }
}
