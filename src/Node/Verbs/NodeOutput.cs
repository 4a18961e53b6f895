using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace ChimneyActors.Node.Verbs;

/// <summary>Standard output: lines for people, or with --json one object a line for programs; never both.</summary>
internal sealed class NodeOutput(ParseResult line)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly bool _json = line.GetValue(CommonOptions.Json);

    /// <summary>Says one thing, in the form that was asked for.</summary>
    /// <param name="forPrograms">An object; its first property should be <c>event</c>.</param>
    /// <param name="forPeople">Lines.</param>
    public void Say(object forPrograms, params string[] forPeople)
    {
        if (_json)
            Console.Out.WriteLine(JsonSerializer.Serialize(forPrograms, Format));
        else
            Console.Out.WriteLine(string.Join(Environment.NewLine, forPeople));
        Console.Out.Flush();
    }

    /// <summary>Says a list of names and values.</summary>
    /// <param name="forPrograms">The same as an object.</param>
    /// <param name="title">Above the table.</param>
    /// <param name="rows">Name and value.</param>
    public void Table(object forPrograms, string title, IEnumerable<(string Name, string Value)> rows)
    {
        if (_json)
        {
            Say(forPrograms);
            return;
        }
        Table table = new Table { Title = new TableTitle(Markup.Escape(title)), Border = TableBorder.Simple }
            .HideHeaders().AddColumn("").AddColumn(new TableColumn("").RightAligned());
        foreach ((string name, string value) in rows)
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        AnsiConsole.Write(table);   // without colours when redirected
    }
}
