using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Tests.Support;
using ChimneyActors.Cluster.Wire;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Tests.Link;

public sealed class LinkEndSpecs
{
    private static readonly LinkName Name = new(1, 2);
    private readonly List<Item> _heard = [];

    [Fact]
    public void Each_item_is_taken_once_and_in_order_whatever_the_wire_does()
    {
        foreach (int seed in Seeds.Some(2_000))
        {
            var pair = new LinkPair(seed);
            for (int step = 0; step < 400; step++)
                pair.Step();
            pair.Settle().ShouldBeTrue($"seed {seed} goes on for ever");
            (pair.Taken, pair.Waiting).ShouldBe((pair.Posted, 0), $"seed {seed}");
        }
    }

    [Fact]
    public void What_is_posted_together_travels_in_one_frame()
    {
        LinkEnd end = New();
        for (int i = 0; i < 10; i++)
            end.Post(Data(100));

        end.NextFrame(default)!.Items.Count.ShouldBe(10);
        end.NextFrame(default).ShouldBeNull();
    }

    [Fact]
    public void A_full_window_holds_the_rest_back_until_it_is_acknowledged()
    {
        LinkEnd end = New(new LinkSettings { WindowItems = 3 });
        for (int i = 0; i < 5; i++)
            end.Post(Data(1));

        end.NextFrame(default)!.Items.Count.ShouldBe(3);
        end.NextFrame(default).ShouldBeNull();
        end.Receive(new Frame { Taken = 2 }, default, _heard.Add);
        Frame rest = end.NextFrame(default)!;
        (rest.First, rest.Items.Count).ShouldBe((4ul, 2));
    }

    [Fact]
    public void The_narrower_window_of_the_two_counts()
    {
        LinkEnd end = New();
        end.Limit(new Window { Items = 100, Bytes = 1000 });
        for (int i = 0; i < 5; i++)
            end.Post(Data(400));

        end.NextFrame(default)!.Items.Count.ShouldBe(2);
        end.NextFrame(default).ShouldBeNull();
    }

    [Fact]
    public void A_gap_is_told_and_what_is_missing_said_again_at_once()
    {
        LinkEnd from = New();
        LinkEnd to = New();
        from.Post(Data(1));
        from.NextFrame(default).ShouldNotBeNull();      // lost
        from.Post(Data(2));
        to.Receive(from.NextFrame(default)!, default, _heard.Add);
        _heard.ShouldBeEmpty();

        Frame complaint = to.NextFrame(default)!;
        complaint.Gap.ShouldBeTrue();
        from.Receive(complaint, default, _heard.Add);
        to.Receive(from.NextFrame(default)!, default, _heard.Add);
        _heard.Count.ShouldBe(2);
    }

    [Fact]
    public void After_a_silence_one_frame_is_said_again_and_each_silence_is_longer()
    {
        var settings = new LinkSettings { FrameItemsMax = 1, ResendMax = TimeSpan.FromSeconds(1.5) };
        LinkEnd end = New(settings);
        end.Post(Data(1));
        end.Post(Data(2));
        end.NextFrame(default).ShouldNotBeNull();
        end.NextFrame(default).ShouldNotBeNull();
        double[] silences = [0.5, 1, 1.5, 1.5];
        TimeSpan now = default;
        foreach (double silence in silences)
        {
            end.NextDue.ShouldBe(now + TimeSpan.FromSeconds(silence));
            now = end.NextDue!.Value;
            end.NextFrame(now)!.First.ShouldBe(1ul);
            end.NextFrame(now).ShouldBeNull("nobody has heard the first");
        }

        end.Receive(new Frame { Taken = 1 }, now, _heard.Add);
        end.NextFrame(now)!.First.ShouldBe(2ul);
    }

    [Fact]
    public void An_acknowledgement_waits_a_moment_for_company()
    {
        LinkEnd end = New();
        end.Receive(new Frame { First = 1, Items = { Data(1) } }, default, _heard.Add);
        end.NextFrame(default).ShouldBeNull();
        TimeSpan due = end.NextDue!.Value;
        end.NextFrame(due)!.Taken.ShouldBe(1ul);
        end.NextDue.ShouldBeNull();
    }

    [Fact]
    public void What_is_said_again_is_acknowledged_again_at_once_and_not_taken()
    {
        LinkEnd end = New();
        var frame = new Frame { First = 1, Items = { Data(1) } };
        end.Receive(frame, default, _heard.Add);
        end.NextFrame(end.NextDue!.Value);
        end.Receive(frame, default, _heard.Add);
        end.NextFrame(default)!.Taken.ShouldBe(1ul);
        _heard.Count.ShouldBe(1);
    }

    [Fact]
    public void Who_acknowledges_what_was_never_said_breaks_the_protocol() =>
        Should.Throw<LinkException>(() => New().Receive(new Frame { Taken = 1 }, default, _heard.Add));

    [Fact]
    public void Items_without_a_number_break_the_protocol() =>
        Should.Throw<LinkException>(() => New().Receive(new Frame { Items = { Data(1) } }, default, _heard.Add));

    private static LinkEnd New(LinkSettings? settings = null) => new(Name, settings ?? new LinkSettings());

    private static Item Data(int length) => new() { Number = 1, Data = ByteString.CopyFrom(new byte[length]) };
}
