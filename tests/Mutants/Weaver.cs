using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace ChimneyActors.Mutants.Tests;

/// <summary>Puts all mutants into one text, each behind its number: with none active the text does what the product
/// does.</summary>
internal sealed class Weaver
{
    private readonly Dictionary<string, string> _misfits = [];

    /// <summary>Why mutants are not woven in, by name: the product has moved on.</summary>
    public IReadOnlyDictionary<string, string> Misfits => _misfits;

    /// <summary>One file with its mutants in it.</summary>
    /// <param name="source">The file as it is.</param>
    /// <param name="mutants">The mutants of this file, with the numbers that turn them on.</param>
    public string Weave(string source, IEnumerable<(int Number, Mutant Mutant)> mutants)
    {
        SyntaxNode root = CSharpSyntaxTree.ParseText(source, Woven.Language).GetRoot();
        var places = new List<(TextSpan Span, int Number, Mutant Mutant)>();
        foreach ((int number, Mutant mutant) in mutants)
            if (Place(source, root, mutant, out string fault) is not { } span)
                _misfits[mutant.Name] = fault;
            else if (places.Find(place => place.Span.OverlapsWith(span)).Mutant is { } other)
                _misfits[mutant.Name] = $"mutates the same place as '{other.Name}'";
            else
                places.Add((span, number, mutant));
        var text = new StringBuilder(source);
        foreach ((TextSpan span, int number, Mutant mutant) in places.OrderByDescending(place => place.Span.Start))
        {
            string original = source.Substring(span.Start, span.Length);
            string isActive = $"global::{Woven.Switch}.Active == {number}";
            text.Remove(span.Start, span.Length).Insert(span.Start, mutant.IsStatement
                ? $"if ({isActive}) {{ {mutant.Replace} }} else {{ {original} }}"
                : $"({isActive} ? ({mutant.Replace}) : ({original}))");
        }
        return text.ToString();
    }

    private static TextSpan? Place(string source, SyntaxNode root, Mutant mutant, out string fault)
    {
        string pattern = string.Join(@"\s+", mutant.Find.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)
            .Select(Regex.Escape));
        MatchCollection found = Regex.Matches(source, pattern);
        fault = $"{mutant.File} has it {found.Count} times, not once: {mutant.Find}";
        if (found.Count != 1)
            return null;
        var span = new TextSpan(found[0].Index, found[0].Length);
        fault = $"{mutant.File}: these are not whole statements, or not one whole expression: {mutant.Find}";
        return IsWhole(root, span, mutant.IsStatement) ? span : null;
    }

    /// <summary>Half an expression put into brackets would be another one.</summary>
    private static bool IsWhole(SyntaxNode root, TextSpan span, bool isStatement)
    {
        SyntaxNode node = root.FindNode(span);
        if (!isStatement)
            return node.AncestorsAndSelf().Any(outer => outer is ExpressionSyntax && outer.Span == span)
                || node.DescendantNodes().Any(inner => inner is ExpressionSyntax && inner.Span == span);
        SyntaxNode[] inside =
        [
            .. node.DescendantNodesAndSelf().OfType<StatementSyntax>()
                .Where(statement => span.Contains(statement.Span) && !span.Contains(statement.Parent!.Span)),
        ];
        return inside.Length > 0 && inside[0].SpanStart == span.Start && inside[^1].Span.End == span.End;
    }
}
