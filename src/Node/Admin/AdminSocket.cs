using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>Where a node listens for its operators: a socket in a folder that only its user may enter.</summary>
internal static class AdminSocket
{
    // A path in sockaddr_un has 108 bytes, its end counted.
    private const int PathBytesMax = 107;
    private const string None = "none";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static string Folder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own && Directory.Exists(own)
            ? own
            : Path.GetTempPath(),
        $"chimney-{Environment.UserName}");

    /// <summary>The one that a node makes; null if it shall make none.</summary>
    /// <exception cref="NodeException">The place is not lawful, or not safe.</exception>
    public static string? ToMake(ParseResult line)
    {
        string? asked = line.GetValue(CommonOptions.Admin);
        if (asked == None || OperatingSystem.IsWindows())
            return null;
        if (asked is null)
        {
            DirectoryInfo folder = Directory.CreateDirectory(Folder, Private);
            if ((folder.UnixFileMode & ~Private) != 0)
                throw NodeException.Environment($"others may enter '{Folder}'", "for the admin socket",
                    "chmod 700, or --admin FILE, or --admin none");
        }
        string path = asked ?? Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessId}.sock"));
        if (System.Text.Encoding.UTF8.GetByteCount(path) > PathBytesMax)
            throw NodeException.Usage($"bad path '{path}'", "in --admin", $"at most {PathBytesMax} bytes");
        if (asked is null || IsLeftOver(path))
            File.Delete(path);      // of a process that crashed
        else if (File.Exists(path))
            throw NodeException.Environment($"'{path}' is there already", "in --admin",
                "a file that no other node uses; remove it if none does");
        return path;
    }

    /// <summary>A socket that nobody listens on any more.</summary>
    private static bool IsLeftOver(string path)
    {
        if (!File.Exists(path) || CanBeRead(path))
            return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return false;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    /// <summary>Any other file can be opened, or is not ours to look at; a socket cannot.</summary>
    private static bool CanBeRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>A node that crashed leaves its file behind.</summary>
    private static bool IsAlive(string path) => Directory.Exists($"/proc/{Path.GetFileNameWithoutExtension(path)}");

    /// <summary>The one of the node that is meant: as asked, or of the only node of this user.</summary>
    /// <exception cref="NodeException">There is none, or more than one.</exception>
    public static string ToUse(ParseResult line)
    {
        if (line.GetValue(CommonOptions.Admin) is { } asked)
            return File.Exists(asked)
                ? asked
                : throw NodeException.Environment($"no socket '{asked}'", "in --admin", "the one a running node names");
        string[] all = Directory.Exists(Folder) ? [.. Directory.GetFiles(Folder, "*.sock").Where(IsAlive)] : [];
        return all switch
        {
            [var only] => only,
            [] => throw NodeException.Environment("no node is running", $"in {Folder}",
                "start one: chimney relay; or name its socket: --admin FILE"),
            _ => throw NodeException.Usage($"{all.Length} nodes are running", "on this machine",
                $"--admin FILE, one of {string.Join(", ", all.Order())}"),
        };
    }
}
