using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ChimneyActors.Cluster.Placement;

/// <summary>Consistent hashing: of all keys only those of a node that comes or goes change their place.</summary>
internal sealed class HashRing<T>
    where T : notnull
{
    private const int PointsOfNode = 64;
    private readonly (ulong Hash, T Node)[] _points;
    private readonly int _nodes;

    /// <summary>A ring.</summary>
    /// <param name="nodes">Who is on it.</param>
    /// <param name="name">By what name; the same on every machine.</param>
    public HashRing(IEnumerable<T> nodes, Func<T, string> name)
    {
        T[] all = [.. nodes];
        _nodes = all.Length;
        _points =
        [
            .. all.SelectMany(node => Enumerable.Range(0, PointsOfNode)
                .Select(point => (Hash: HashOf($"{name(node)}#{point}"), Node: node)))
                .OrderBy(point => point.Hash),
        ];
    }

    /// <summary>Nobody is on it.</summary>
    public static HashRing<T> Empty { get; } = new([], static _ => "");

    /// <summary>All nodes, in the order in which they are to be asked for a key.</summary>
    public IEnumerable<T> From(string key)
    {
        int start = Array.BinarySearch(_points, (HashOf(key), default(T)!), ByHash.Instance);
        start = start < 0 ? ~start : start;
        var seen = new HashSet<T>();
        for (int step = 0; step < _points.Length && seen.Count < _nodes; step++)
        {
            T node = _points[(start + step) % _points.Length].Node;
            if (seen.Add(node))
                yield return node;
        }
    }

    private static ulong HashOf(string text) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class ByHash : IComparer<(ulong Hash, T Node)>
    {
        public static readonly ByHash Instance = new();

        public int Compare((ulong Hash, T Node) one, (ulong Hash, T Node) other) => one.Hash.CompareTo(other.Hash);
    }
}
