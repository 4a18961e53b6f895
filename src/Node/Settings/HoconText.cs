using Akka.Configuration;
using Akka.Configuration.Hocon;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Settings;

/// <summary>HOCON with the mistakes refused that its parser forgives.</summary>
internal static class HoconText
{
    /// <summary>Parses a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="where">Where it comes from, for messages.</param>
    /// <exception cref="NodeException">It is no HOCON.</exception>
    public static Config Parse(string text, string where)
    {
        if (Unbalanced(text) is { } problem)
            throw NodeException.Usage("no HOCON", where, problem);
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception e)   // the HOCON parser has no exception of its own
        {
            throw NodeException.Usage("no HOCON", where, VerbLine.OneLine(e.Message));
        }
    }

    /// <summary>The paths of all plain values below a path.</summary>
    public static IEnumerable<string> Leaves(Config config, string path) =>
        config.HasPath(path) ? Leaves(config.GetValue(path), path) : [];

    private static IEnumerable<string> Leaves(HoconValue value, string path) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves(item.Value, $"{path}.{item.Key}"))
        : [path];

    /// <summary>What is wrong with the brackets of a text; the parser takes their end as if it were there.</summary>
    private static string? Unbalanced(string text)
    {
        Stack<(char Bracket, int Line)> open = new();
        int line = 1;
        for (int at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\n':
                    line++;
                    break;
                case '#':
                case '/' when at + 1 < text.Length && text[at + 1] == '/':
                    at = Before(text.IndexOf('\n', at), text);
                    break;
                case '"':
                    int end = EndOfString(text, at);
                    if (end < 0)
                        return $"the string that begins in line {line} has no end";
                    line += text.AsSpan(at, end - at).Count('\n');
                    at = end - 1;
                    break;
                case '{' or '[':
                    open.Push((text[at], line));
                    break;
                case '}' or ']':
                    if (!open.TryPop(out (char Bracket, int Line) last) || (last.Bracket == '{') != (text[at] == '}'))
                        return $"'{text[at]}' in line {line} closes nothing";
                    break;
            }
        }
        return open.TryPeek(out (char Bracket, int Line) left)
            ? $"'{left.Bracket}' in line {left.Line} is not closed"
            : null;
    }

    private static int Before(int lineEnd, string text) => lineEnd < 0 ? text.Length : lineEnd - 1;

    private static int EndOfString(string text, int at)
    {
        const string triple = "\"\"\"";
        if (string.CompareOrdinal(text, at, triple, 0, triple.Length) == 0)
        {
            int close = text.IndexOf(triple, at + triple.Length, StringComparison.Ordinal);
            return close < 0 ? -1 : close + triple.Length;
        }
        for (int i = at + 1; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == '"')
                return i + 1;
            if (text[i] == '\\')
                i++;
        }
        return -1;
    }
}
