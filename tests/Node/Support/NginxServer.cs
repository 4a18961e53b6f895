using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Node.Tests.Support;

/// <summary>A real nginx with a configuration and a folder of its own.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Process _process;

    private NginxServer(int port)
    {
        Address = new IPEndPoint(IPAddress.Loopback, port);
        string configuration = _folder.Write("nginx.conf", $$"""
            daemon off;
            master_process off;
            pid {{_folder.File("pid")}};
            error_log stderr warn;
            events { worker_connections 4096; }
            http {
              access_log off;
              keepalive_requests 1000000;
              client_body_temp_path {{_folder.File("body")}};
              proxy_temp_path {{_folder.File("proxy")}};
              fastcgi_temp_path {{_folder.File("fastcgi")}};
              uwsgi_temp_path {{_folder.File("uwsgi")}};
              scgi_temp_path {{_folder.File("scgi")}};
              server {
                listen 127.0.0.1:{{port}} backlog=4096;
                root {{_folder.File("")}};
                client_max_body_size 0;
                dav_methods PUT;
              }
            }
            """);
        ProcessStartInfo start = new(Tool.Find("nginx")) { RedirectStandardError = true };
        foreach (string arg in new[] { "-c", configuration, "-p", _folder.File("") })
            start.ArgumentList.Add(arg);
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public IPEndPoint Address { get; }

    public static async Task<NginxServer> StartAsync()
    {
        NginxServer server = new(FreePort());
        await Eventually.BecomesTrueAsync(server.Answers, "nginx answers");
        return server;
    }

    /// <summary>A port nobody listens on, and none that the kernel gives to somebody else in the meantime.</summary>
    public static int FreePort()
    {
        const int belowTheEphemeralOnes = 20_000;
        while (true)
        {
            int port = belowTheEphemeralOnes + Random.Shared.Next(10_000);
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken; another.
            }
        }
    }

    /// <summary>Puts a file under its root.</summary>
    public byte[] Publish(string name, int bytes, int seed)
    {
        byte[] content = new byte[bytes];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes(_folder.File(name), content);
        return content;
    }

    /// <summary>What a client has put under its root.</summary>
    public byte[] Read(string name) => File.ReadAllBytes(_folder.File(name));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private bool Answers()
    {
        if (_process.HasExited)
            throw new InvalidOperationException("nginx ended at once.");
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(Address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
