using System.Net;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>Whom a line of a filter concerns: pure rules.</summary>
public sealed class FilterRuleSpecs
{
    [Theory]
    [InlineData("allow any", "198.51.100.7:40000", true)]
    [InlineData("deny 198.51.100.0/24", "198.51.100.7:40000", true)]
    [InlineData("deny 198.51.100.0/24", "198.51.101.7:40000", false)]
    [InlineData("deny 198.51.100.7", "198.51.100.7:1", true)]
    [InlineData("deny 198.51.100.7", "198.51.100.8:1", false)]
    [InlineData("allow 2001:db8::/32", "[2001:db8:5::1]:443", true)]
    [InlineData("allow 2001:db8::/32", "[2001:db9::1]:443", false)]
    [InlineData("allow 2001:db8::/32", "198.51.100.7:443", false)]
    [InlineData("deny 198.51.100.9/24", "198.51.100.7:40000", true)]
    [InlineData("deny any port 25", "198.51.100.7:25", true)]
    [InlineData("deny any port 25", "198.51.100.7:26", false)]
    [InlineData("deny any port 1000-2000", "198.51.100.7:2000", true)]
    [InlineData("deny any port 1000-2000", "198.51.100.7:2001", false)]
    [InlineData("deny any local-port 80", "198.51.100.7:9", true)]
    [InlineData("deny any local-port 81", "198.51.100.7:9", false)]
    [InlineData("deny 198.51.100.0/24 local-port 80 port 9", "198.51.100.7:9", true)]
    public void It_concerns_whom_it_names(string text, string remote, bool concerned)
    {
        FilterRule.TryParse(text, out FilterRule? rule).ShouldBeTrue();
        rule!.IsAllowed.ShouldBe(text.StartsWith("allow", StringComparison.Ordinal));
        rule.Concerns(new FourTuple(IPEndPoint.Parse("192.0.2.1:80"), IPEndPoint.Parse(remote))).ShouldBe(concerned);
    }

    [Theory]
    [InlineData("deny 198.51.100.0/24 port 9 local-port 80-90")]
    [InlineData("allow any")]
    [InlineData("allow 2001:db8::/32")]
    public void It_is_written_as_it_is_read(string text)
    {
        FilterRule.TryParse(text, out FilterRule? rule).ShouldBeTrue();
        rule!.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("permit any")]
    [InlineData("allow")]
    [InlineData("allow 10.0.0.0/33")]
    [InlineData("allow nowhere")]
    [InlineData("allow any port")]
    [InlineData("allow any port 70000")]
    [InlineData("allow any port 9-8")]
    [InlineData("allow any port -1")]
    [InlineData("allow any port 1 port 2")]
    [InlineData("allow any gate 1")]
    public void What_is_no_rule_is_refused(string text) => FilterRule.TryParse(text, out _).ShouldBeFalse();
}
