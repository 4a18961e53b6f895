using System.Net;
using System.Net.Sockets;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Relay;

/// <summary>One way to the web server.</summary>
/// <param name="Name">As it stands in the table.</param>
/// <param name="Port">On 127.0.0.1.</param>
/// <param name="Process">The relay; null for the direct way.</param>
/// <param name="ForBulk">Whether it only carries bulk.</param>
internal sealed record Way(string Name, int Port, Child? Process, bool ForBulk = false);

/// <summary>A web server, and all relays that this machine has, in front of it.</summary>
internal sealed class RelayField : IDisposable
{
    private const string StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bench-");
    private readonly List<Child> _processes = [];
    private readonly List<Way> _ways = [];
    private readonly int _origin = FreePort();

    /// <summary>Ours first, then the others.</summary>
    public IReadOnlyList<Way> Ways => _ways;

    /// <summary>Starts them, and waits until each has answered.</summary>
    /// <param name="bulkBytes">Size of the large file.</param>
    public static async Task<RelayField> StartAsync(long bulkBytes)
    {
        var field = new RelayField();
        try
        {
            field.Start(bulkBytes);
            foreach (Way way in field.Ways)
                await AnswerAsync(way).ConfigureAwait(false);
            return field;
        }
        catch
        {
            field.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (Child process in _processes)
            process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Start(long bulkBytes)
    {
        DirectoryInfo files = _folder.CreateSubdirectory("www");
        File.WriteAllText(Path.Combine(files.FullName, "small"), new string('x', 1024));
        using (FileStream bulk = File.Create(Path.Combine(files.FullName, "bulk")))
            bulk.SetLength(bulkBytes);
        _processes.Add(Nginx("origin", $$"""
            http {
              access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path {{_folder}};
              proxy_temp_path {{_folder}}; fastcgi_temp_path {{_folder}}; uwsgi_temp_path {{_folder}};
              scgi_temp_path {{_folder}};
              server { listen 127.0.0.1:{{_origin}} backlog=4096; root {{files}}; }
            }
            """));
        Add("relay", Ours);
        _ways.Add(new Way("direct", _origin, null));
        Add("haproxy", port => Haproxy(port, "haproxy", ""));
        Add("haproxy, splice", port => Haproxy(port, "splice", "option splice-auto"), forBulk: true);
        if (File.Exists(StreamModule))
            Add("nginx stream", port => Nginx("stream", $$"""
                stream { server { listen 127.0.0.1:{{port}} backlog=4096; proxy_pass 127.0.0.1:{{_origin}}; } }
                """));
        else
            Console.WriteLine("without nginx stream: it is not installed (Debian: libnginx-mod-stream)");
        Add("plain .NET relay", port => Child.StartSelf(
            SocketRelay.Command, $"127.0.0.1:{port}", $"127.0.0.1:{_origin}"));
    }

    private void Add(string name, Func<int, Child> start, bool forBulk = false)
    {
        int port = FreePort();
        Child process = start(port);
        _processes.Add(process);
        _ways.Add(new Way(name, port, process, forBulk));
    }

    private Child Ours(int port)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "ChimneyActors.sln")))
            root = root.Parent;
        string program = Path.Combine(root?.FullName ?? ".", "artifacts", "publish", "Node", "release", "chimney");
        if (!File.Exists(program))
            throw new BenchException("the relay is not published; first: dotnet publish src/Node -c Release");
        return Child.Start(program,
            "relay", "--listen", $"127.0.0.1:{port}", "--to", $"127.0.0.1:{_origin}", "--quiet");
    }

    private Child Haproxy(int port, string name, string option)
    {
        string file = Path.Combine(_folder.FullName, name + ".cfg");
        File.WriteAllText(file, $"""
            global
              maxconn 8000
              maxpipes 64
            defaults
              mode tcp
              {option}
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            listen relay
              bind 127.0.0.1:{port} backlog 4096
              server nginx 127.0.0.1:{_origin}

            """);
        return Child.Start("haproxy", "-q", "-db", "-f", file);
    }

    private Child Nginx(string name, string body)
    {
        string file = Path.Combine(_folder.FullName, name + ".conf");
        string module = name == "stream" ? $"load_module {StreamModule};\n" : "";
        File.WriteAllText(file, $$"""
            {{module}}daemon off; master_process off; pid {{_folder}}/{{name}}.pid; error_log {{_folder}}/{{name}}.log;
            worker_rlimit_nofile 16384;
            events { worker_connections 8192; }
            {{body}}
            """);
        return Child.Start("nginx", "-p", _folder.FullName, "-c", file);
    }

    private static async Task AnswerAsync(Way way)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
            try
            {
                await http.GetByteArrayAsync(new Uri($"http://127.0.0.1:{way.Port}/small"), limit.Token)
                    .ConfigureAwait(false);
                return;
            }
            catch (HttpRequestException) when (way.Process?.HasExited != true)
            {
                await Task.Delay(50, limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException)
            {
                throw new BenchException($"{way.Name} does not answer");
            }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
