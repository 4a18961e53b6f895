using System.Net;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Embedding;
using ChimneyActors.TestKit;

namespace ChimneyActors.Cluster.Tests.World;

/// <summary>A host, some adapters and the network between them, all production actors in one seeded world; what breaks
/// is drawn from its seed.</summary>
internal sealed class TwoNodes
{
    private static readonly Config Settings = ConfigurationFactory.ParseString(
        """
        chimney.restart.restarts-max = 1000
        chimney.cluster {
          hello-interval = 100 ms
          sever-after = 3 s
          link { window-items-max = 8, window-bytes = 65536, frame-bytes-max = 4096, resend-after = 200 ms }
          connection { send-window-bytes = 4096, receive-window-bytes = 4096, indications-max = 3 }
        }
        """).WithFallback(ClusterSettings.Reference());

    private readonly SeededActorSystem _world;
    private readonly BadTransport _transport;
    private readonly WorldAdapter[] _adapters;
    private readonly ClusterTarget _target;
    private readonly Chimney _host;
    private readonly WorldClient[] _clients;
    private readonly List<string> _broken = [];
    private readonly bool _hasCrashes;
    private bool _hasLosses;

    private TwoNodes(SeededActorSystem world)
    {
        _world = world;
        _transport = new BadTransport(world);
        _hasCrashes = world.Draw(2) == 0;
        double crashes = _hasCrashes ? 0.01 : 0;
        ClusterSettings settings = ClusterSettings.From(world.System.Settings.Config);
        _clients = [.. Enumerable.Range(0, 1 + world.Draw(5)).Select(number => new WorldClient(world, number))];
        _adapters =
        [
            .. Enumerable.Range(0, 1 + world.Draw(3)).Select(number =>
                new WorldAdapter(world, settings, _transport, number, crashes, PeerOf)),
        ];
        _target = NewTarget(world, settings, _transport);
        _host = world.Start(stack => stack
            .Miniport("cluster", _target)
            .Intermediate("filter", over: "cluster")
            .Binding("tcpip", over: "filter")
            .Crashes(world.NewCrashPlan(crashes)));
        foreach (WorldAdapter adapter in _adapters)
            _target.Root.Tell(new MemberIsUp(adapter.Address));
    }

    /// <summary>What came of one seed.</summary>
    public sealed record Outcome(
        IReadOnlyList<string> Broken, int Answered, int Clients, int Failed, long Fenced, long Deaths, bool HadLosses);

    /// <summary>Runs a seed.</summary>
    public static Outcome Run(int seed, TextWriter? trace = null)
    {
        using var world = new SeededActorSystem(seed, trace, Settings);
        return new TwoNodes(world).Run();
    }

    private Outcome Run()
    {
        if (!_world.RunUntil(() => _target.Adapters.Count(one => one.IsOpen) == _adapters.Length,
            TimeSpan.FromMinutes(10)))
            _broken.Add("not every link was opened");
        Task all = Task.CompletedTask;
        _world.Run(() =>
        {
            all = Task.WhenAll(_clients.Select(client => client.RunAsync(_target, _host.Binding("tcpip"))));
            return Task.CompletedTask;
        });
        for (int left = _world.Draw(4); left > 0; left--)
            Trouble();
        foreach (WorldAdapter adapter in _adapters)
        {
            adapter.Mend();
            Tell(new MemberIsUp(adapter.Address));
        }

        _transport.IsBad = false;
        if (!_world.RunUntil(() => all.IsCompleted, TimeSpan.FromMinutes(10)))
            _broken.AddRange(_clients.Where(one => !one.IsOver).Select(one => $"hangs: {one.Remote}, {one.Phase}"));
        else if (all.IsFaulted)
            _broken.Add(all.Exception!.ToString());
        return Judge();
    }

    private void Trouble()
    {
        _world.RunUntil(() => false, TimeSpan.FromMilliseconds(_world.Draw(400)), _world.Draw(3000) + 1);
        WorldAdapter adapter = _adapters[_world.Draw(_adapters.Length)];
        switch (_world.Draw(5))
        {
            case 0:
                _world.Trace($"cut off: {adapter.Address.Host}, and mended");
                adapter.Cut();
                Tell(new MemberIsUnreachable(adapter.Address));
                _world.Advance(TimeSpan.FromMilliseconds(_world.Draw(5000)));
                adapter.Mend();
                Tell(new MemberIsReachable(adapter.Address));
                break;
            case 1:
                _hasLosses = true;
                _world.Trace($"lost, and comes back late: {adapter.Address.Host}");
                adapter.Cut();
                _world.Advance(TimeSpan.FromMilliseconds(_world.Draw(3000)));
                Tell(new MemberIsGone(adapter.Address));
                if (_world.Draw(2) == 0)
                    Tell(new MemberIsUp(adapter.Address));
                _world.Advance(TimeSpan.FromMilliseconds(_world.Draw(1000)));
                adapter.Mend();
                break;
            case 2:
                _hasLosses = true;
                _world.Trace($"restarted: {adapter.Address.Host}");
                adapter.Restart();
                break;
            case 3:
                _hasLosses = true;
                _world.Trace($"lost: {adapter.Address.Host}");
                Tell(new MemberIsGone(adapter.Address));
                break;
            default:
                _world.Trace($"leaves: {adapter.Address.Host}");
                Tell(new MemberIsLeaving(adapter.Address));
                break;
        }
    }

    private Outcome Judge()
    {
        _world.Advance(TimeSpan.FromMinutes(1));
        foreach (WorldClient client in _clients)
        {
            client.JudgePeer();
            _broken.AddRange(client.Broken);
            // Who severs does not wait for ever, so with crashes a slow link may cost a connection.
            bool isQuiet = !_hasLosses && !_hasCrashes && client.IsOver;
            if (client.Failed && isQuiet && !client.WasAbortive && !client.WasReset)
                _broken.Add($"{client.Remote}: failed, and nothing was lost: {client.Why}");
            if (isQuiet && client.Acknowledged != client.Has)
                _broken.Add($"{client.Remote}: {client.Acknowledged} bytes acknowledged, the peer has {client.Has}");
        }

        foreach (WorldAdapter adapter in _adapters)
            if (adapter.Adapter.Connections != 0)
                _broken.Add($"{adapter.Address.Host} has {adapter.Adapter.Connections} connections left");
        if (_target.Connections != 0)
            _broken.Add($"the target has {_target.Connections} connections left");
        Check(_host, "host");
        foreach (WorldAdapter adapter in _adapters)
            Check(adapter.Chimney, adapter.Address.Host!);
        return new Outcome(_broken, _clients.Sum(one => one.Answered), _clients.Length,
            _clients.Count(one => one.Failed), _target.LateFenced,
            _host.Ledger.DriverDeaths + _adapters.Sum(one => one.Chimney.Ledger.DriverDeaths), _hasLosses);
    }

    private void Check(Chimney chimney, string name)
    {
        try
        {
            _world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
        catch (Exception broken) when (broken is LedgerException or TimeoutException)
        {
            _broken.Add($"{name}: {broken.Message}");
        }
    }

    // Ended by the end of the world, which runs on no other thread.
    private static ClusterTarget NewTarget(
        SeededActorSystem world, ClusterSettings settings, BadTransport transport) =>
        new(world.System, settings, transport);

    private void Tell(MemberNews news) => _target.Root.Tell(news);

    private InMemoryPeer PeerOf(IPEndPoint remote, WorldAdapter adapter)
    {
        WorldClient client = _clients[remote.Port - 1000];
        return client.Made[adapter.Address] = adapter.Target.AddPeer();
    }
}
