namespace ChimneyActors.Mutants.Tests;

public sealed class WeaverSpecs
{
    private const string Source =
        """
        class Shop
        {
            int Sum(int a, int b, int c)
            {
                Count(a);
                Count(b);
                if (a > b && b > c)
                    return a - b - c;
                return a
                    + b;
            }
        }
        """;

    [Fact]
    public void Statements_are_put_behind_the_number_of_their_mutant()
    {
        string woven = Weave("Count(a); Count(b);", "Count(b);", out string? fault);

        fault.ShouldBeNull();
        woven.ShouldContain("if (global::ChimneyActors.MutantSwitch.Active == 7) { Count(b); } else { Count(a);");
    }

    [Fact]
    public void An_expression_is_found_however_it_is_broken_into_lines()
    {
        string woven = Weave("a + b", "b", out string? fault);

        fault.ShouldBeNull();
        woven.ShouldContain("return (global::ChimneyActors.MutantSwitch.Active == 7 ? (b) : (a");
    }

    [Theory]
    [InlineData("Count(c);", "0 times")]
    [InlineData("Count", "2 times")]
    [InlineData("b - c", "not one whole expression")]
    [InlineData("(a); Count(b);", "not whole statements")]
    public void What_does_not_fit_is_left_out_and_named(string find, string expected)
    {
        Weave(find, "", out string? fault).ShouldBe(Source);

        fault.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public void Two_mutants_of_one_place_do_not_fit()
    {
        var weaver = new Weaver();
        weaver.Weave(Source, [(1, New("first", "a > b", "a < b")), (2, New("second", "a > b && b > c", "true"))]);

        weaver.Misfits["second"].ShouldContain("the same place as 'first'");
    }

    private static string Weave(string find, string replace, out string? fault)
    {
        var weaver = new Weaver();
        string woven = weaver.Weave(Source, [(7, New("mutant", find, replace))]);
        fault = weaver.Misfits.GetValueOrDefault("mutant");
        return woven;
    }

    private static Mutant New(string name, string find, string replace) => new(name, "Shop.cs", find, replace, "");
}
