using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

/// <summary>When a loop looks for events a little longer before it sleeps.</summary>
public sealed class SpinTrustSpecs
{
    private readonly SpinTrust _trust = new(longest: 50, taken: 10);

    [Fact]
    public void A_fresh_loop_sleeps_at_once() => _trust.Budget.ShouldBe(0);

    [Fact]
    public void A_sleep_that_was_short_is_worth_a_look()
    {
        _trust.NoteSleep(200);     // cores had to be woken for it: a look would have been shorter
        _trust.Budget.ShouldBe(50);
    }

    [Fact]
    public void Long_sleeps_are_worth_none()
    {
        _trust.NoteSleep(20);
        _trust.NoteSleep(201);
        _trust.Budget.ShouldBe(0);
        for (int count = 0; count < 100; count++)
            _trust.NoteSleep(100_000);
        _trust.NoteSleep(20);
        _trust.Budget.ShouldBe(50);     // an idle hour is not held against it
    }

    [Fact]
    public void A_loop_that_finds_nothing_soon_sleeps_again()
    {
        for (int count = 0; count < 1_000; count++)
            _trust.NoteSpin(found: true);
        int looks = 0;
        for (; _trust.Budget > 0; looks++)
            _trust.NoteSpin(found: false);
        looks.ShouldBeLessThanOrEqualTo(8);
    }

    [Fact]
    public void Who_never_finds_anything_tries_once_in_seventeen_sleeps()
    {
        int looks = 0;
        for (int count = 0; count < 1 + (17 * 100); count++)
        {
            _trust.NoteSleep(200);
            if (_trust.Budget == 0)
                continue;
            looks++;
            _trust.NoteSpin(found: false);
        }

        looks.ShouldBe(101);
    }

    [Fact]
    public void To_be_right_every_second_time_is_not_enough()
    {
        for (int count = 0; count < 16; count++)
            _trust.NoteSpin(found: true);
        for (int count = 0; count < 20 && _trust.Budget > 0; count++)
        {
            _trust.NoteSpin(found: false);
            _trust.NoteSleep(100);      // and what it looked for comes soon afterwards
            _trust.NoteSpin(found: true);
        }

        _trust.Budget.ShouldBe(0);
    }

    [Fact]
    public void A_core_that_others_want_is_left_to_them_for_a_while()
    {
        _trust.NoteSleep(20);
        _trust.IsTaken(10).ShouldBeFalse();
        _trust.IsTaken(11).ShouldBeTrue();
        _trust.Budget.ShouldBe(50);
        _trust.NoteTaken();
        for (int count = 0; count < 4; count++)
            _trust.NoteSleep(20);
        _trust.Budget.ShouldBe(0);
        _trust.NoteSleep(20);
        _trust.Budget.ShouldBe(50);
    }

    [Fact]
    public void Cores_that_are_taken_again_and_again_are_left_ever_longer()
    {
        Sleeps().ShouldBe(5);
        Sleeps().ShouldBe(9);
        Sleeps().ShouldBe(17);
        Look(15);
        Sleeps().ShouldBe(33);
        Look(16);
        Sleeps().ShouldBe(33);      // half of 64
        Look(64);
        Sleeps().ShouldBe(5);       // a sixteenth
        for (int count = 0; count < 30; count++)
            Sleeps();
        Sleeps().ShouldBe(1_000_001);

        void Look(int times)
        {
            for (int count = 0; count < times; count++)
                _trust.NoteSpin(found: true);
        }

        int Sleeps()
        {
            _trust.NoteTaken();
            int sleeps = 0;
            for (; _trust.Budget == 0; sleeps++)
                _trust.NoteSleep(20);
            return sleeps;
        }
    }

    [Fact]
    public void Without_a_length_it_never_looks()
    {
        var never = new SpinTrust(longest: 0, taken: 10);
        never.NoteSleep(0);
        never.Budget.ShouldBe(0);
    }
}
