using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

public sealed class WireSpecs
{
    private const int Segments = 2_000;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void A_wire_without_faults_delays_and_nothing_else()
    {
        var wire = new SimulatedWire(1, WireFaults.None);
        var heard = new List<(TimeSpan At, uint Number)>();
        wire.Right.Arrived = segment => heard.Add((wire.Now, segment.Seq.Value));
        wire.Left.Send(Numbered(1));
        wire.Left.Send(Numbered(2));
        TimeSpan due = WireFaults.None.Delay;
        wire.NextDue.ShouldBe(due);
        wire.Advance(due - TimeSpan.FromTicks(1));
        heard.ShouldBeEmpty();
        wire.Advance(Hour);
        heard.ShouldBe([(due, 1u), (due, 2u)]);
        wire.Now.ShouldBe(Hour);
        wire.NextDue.ShouldBeNull();
    }

    [Fact]
    public void Both_directions_go_to_the_other_end()
    {
        var wire = new SimulatedWire(1, WireFaults.None);
        uint left = 0;
        uint right = 0;
        wire.Left.Arrived = segment => left = segment.Seq.Value;
        wire.Right.Arrived = segment => right = segment.Seq.Value;
        wire.Left.Send(Numbered(1));
        wire.Right.Send(Numbered(2));
        wire.Advance(Hour);
        (left, right).ShouldBe((2u, 1u));
    }

    [Fact]
    public void Each_fault_happens_about_as_often_as_it_should()
    {
        Pass(new WireFaults { Loss = 0.25 }).Length.ShouldBeInRange(1_400, 1_600);
        Pass(new WireFaults { Duplication = 0.25 }).Length.ShouldBeInRange(2_400, 2_600);
        Pass(new WireFaults { Corruption = 0.25 }).Count(segment => !segment.IsIntact).ShouldBeInRange(400, 600);
        Disorder(Pass(new WireFaults { Reordering = 0.25 })).ShouldBeInRange(200, 600);
    }

    [Fact]
    public void Jitter_alone_changes_no_order() =>
        Disorder(Pass(new WireFaults { Jitter = TimeSpan.FromMilliseconds(20) })).ShouldBe(0);

    [Fact]
    public void The_seed_decides_everything()
    {
        var faults = new WireFaults { Loss = 0.1, Duplication = 0.1, Corruption = 0.1, Reordering = 0.1 };
        string[] one = [.. Pass(faults, 7).Select(segment => segment.ToString())];
        one.ShouldBe(Pass(faults, 7).Select(segment => segment.ToString()));
        one.ShouldNotBe(Pass(faults, 8).Select(segment => segment.ToString()));
    }

    private static Segment Numbered(uint number) =>
        new Segment(new SeqNumber(number), default, SegmentFlags.Ack, 0, default).Sealed();

    private static int Disorder(Segment[] segments) =>
        segments.Zip(segments.Skip(1)).Count(pair => pair.First.Seq > pair.Second.Seq);

    private static Segment[] Pass(WireFaults faults, int seed = 1)
    {
        var wire = new SimulatedWire(seed, faults);
        var heard = new List<Segment>();
        wire.Right.Arrived = heard.Add;
        for (uint number = 0; number < Segments; number++)
        {
            wire.Left.Send(Numbered(number));
            wire.Advance(wire.Now + TimeSpan.FromMilliseconds(1));
        }

        wire.Advance(Hour);
        return [.. heard];
    }
}
