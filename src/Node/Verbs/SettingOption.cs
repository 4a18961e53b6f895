using System.CommandLine;

namespace ChimneyActors.Node.Verbs;

/// <summary>A flag that overrides one setting of config/node.json. Its text is checked where the setting is.</summary>
internal sealed class SettingOption : Option<string>
{
    /// <param name="key">The setting, section and name: <c>Relay:Listen</c>.</param>
    /// <param name="flag">The flag with its dashes.</param>
    /// <param name="value">What help shows for the value.</param>
    /// <param name="description">What help says.</param>
    public SettingOption(string key, string flag, string value, string description)
        : base(flag)
    {
        Key = key;
        HelpName = value;
        Description = description;
        Arity = ArgumentArity.ExactlyOne;
    }

    /// <summary>The setting it overrides.</summary>
    public string Key { get; }
}
