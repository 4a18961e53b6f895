using System.Net.Sockets;
using ChimneyActors.Node.Tests.Support;
using k8s;
using k8s.Models;

namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>The objects of Kubernetes: read strictly by its own client's model, and the pod's commands run.</summary>
public sealed class KubernetesSpecs : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<object> _objects =
        KubernetesYaml.LoadAllFromString(Deployed.Text("kubernetes/chimney.yaml"), null, strict: true);

    private V1StatefulSet Nodes => One<V1StatefulSet>("chimney");

    private V1Container Container => Nodes.Spec.Template.Spec.Containers.Single();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_model_does_not_know_is_found() => Should.Throw<Exception>(() =>
        KubernetesYaml.LoadAllFromString(
            Deployed.Text("kubernetes/chimney.yaml").Replace("preStop:", "preEnd:", StringComparison.Ordinal), null,
            strict: true));

    [Fact]
    public void All_speak_of_the_same_pods()
    {
        IDictionary<string, string> labels = Nodes.Spec.Template.Metadata.Labels;
        Nodes.Spec.Selector.MatchLabels.ShouldBe(labels);
        One<V1Service>("chimney").Spec.Selector.ShouldBe(labels);
        One<V1Service>("chimney-nodes").Spec.Selector.ShouldBe(labels);
        One<V1PodDisruptionBudget>("chimney").Spec.Selector.MatchLabels.ShouldBe(labels);
        One<V1NetworkPolicy>("chimney").Spec.PodSelector.MatchLabels.ShouldBe(labels);
        string[] ports = [.. Container.Ports.Select(port => port.Name)];
        ports.ShouldContain(One<V1Service>("chimney").Spec.Ports.Single().TargetPort.Value);
        One<V1NetworkPolicy>("chimney").Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value)
            .ShouldBe(ports);
        Container.VolumeMounts.Select(mount => mount.Name)
            .ShouldBe(Nodes.Spec.Template.Spec.Volumes.Select(volume => volume.Name));
    }

    [Fact]
    public void Nodes_find_each_other_by_names_that_the_set_gives_them_before_they_are_ready()
    {
        V1Service names = One<V1Service>(Nodes.Spec.ServiceName);
        names.Spec.ClusterIP.ShouldBe("None");
        names.Spec.PublishNotReadyAddresses.ShouldBe(true);
        string[] args = [.. Container.Args];
        args.Single(arg => arg.StartsWith("--join=", StringComparison.Ordinal)).ShouldBe("--join=" + string.Join(',',
            Enumerable.Range(0, Nodes.Spec.Replicas!.Value).Select(pod => $"chimney-{pod}.{names.Name()}:4053")));
        args.ShouldContain($"--cluster-name=$(POD_NAME).{names.Name()}");
        args.ShouldContain("--cluster=0.0.0.0:4053");
        names.Spec.Ports.Single().Port.ShouldBe(4053);
    }

    [Fact]
    public void A_pod_has_the_time_that_it_may_need_to_drain()
    {
        int drain = int.Parse(Container.Args.Single(arg => arg.StartsWith("--drain-timeout=", StringComparison.Ordinal))
            ["--drain-timeout=".Length..].TrimEnd('s'));
        Nodes.Spec.Template.Spec.TerminationGracePeriodSeconds!.Value
            .ShouldBeGreaterThan(5 + drain + drain, "the pause of the hook, the relay and the adapter");
    }

    [Fact]
    public async Task The_pod_runs_is_found_ready_and_ends_by_its_hook_as_it_stands_there()
    {
        using PemFiles authority = new("ours");
        authority.Issue(_folder.File("tls.crt"), _folder.File("tls.key"));
        authority.WriteAuthority(_folder.File("ca.crt"));
        using TestServer upstream = new(async socket => await socket.SendTextAsync("hello"));
        (string, string) run = ("/run/chimney/", _folder.Root);
        await using ChimneyProcess pod = ChimneyProcess.Start([.. Deployed.Here(Container.Args,
            ("0.0.0.0:8080", "127.0.0.1:0"), ("$(CHIMNEY_UPSTREAM)", upstream.Address.ToString()), run,
            ("0.0.0.0:4053", "127.0.0.1:0"), ("$(POD_NAME).chimney-nodes", "127.0.0.1"),
            ("chimney-0.chimney-nodes:4053,chimney-1.chimney-nodes:4053,chimney-2.chimney-nodes:4053", "none"),
            ("/etc/chimney/tls/", _folder.Root)), "--json"]);
        await pod.ListensAsync();

        string[] probe = Deployed.Here(Container.ReadinessProbe.Exec.Command, run);
        probe[0].ShouldBe("chimney");
        using CancellationTokenSource deadline = new(Eventually.Deadline);
        while ((await ChimneyProcess.RunAsync(probe[1..])).Code != 0)
            deadline.Token.ThrowIfCancellationRequested();
        using (Socket client = await Sockets.ConnectAsync(pod.Address))
            (await client.ReceiveToEndAsync()).ShouldBe("hello"u8.ToArray());

        string[] hook = Deployed.Here(Container.Lifecycle.PreStop.Exec.Command, run, ("sleep 5", "true"),
            ("chimney drain", Path.Combine(AppContext.BaseDirectory, "chimney") + " drain"));
        (int code, string output) = await Tool.RunAsync("sh", hook[1..]);
        code.ShouldBe(0, output);
        output.ShouldContain("drained");
        (await pod.ExitAsync()).ShouldBe(0);
        pod.Summary.GetProperty("balanced").GetBoolean().ShouldBeTrue();
    }

    private T One<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => _objects.OfType<T>().Single(one => one.Name() == name);
}
