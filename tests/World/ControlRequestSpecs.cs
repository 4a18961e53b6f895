using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>Control requests over an adapter that comes and goes, and drivers that die: each is answered once, and no
/// binding is closed and no adapter halted over one.</summary>
public sealed class ControlRequestSpecs
{
    private const int Seeds = 60;
    private const int RequestsMax = 6;

    [Fact]
    public void Each_is_answered_whatever_becomes_of_its_binding_and_its_adapter()
    {
        int pending = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            var plugged = new List<SlowAdapter>();
            Chimney chimney = world.Start(stack => stack.Crashes(world.NewCrashPlan(0.02))
                .Miniport("nic0", () =>
                {
                    plugged.Add(new SlowAdapter(new InMemoryTarget(world), world));
                    return plugged[^1];
                })
                .Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0"));
            Adapter nic = chimney.Adapter("nic0");
            Binding binding = chimney.Binding("tcpip");
            Func<TimeSpan?, Task<LifeResult>>[] steps =
                [nic.HaltAsync, nic.InitializeAsync, binding.UnbindAsync, binding.BindAsync, nic.RemoveAsync,
                    nic.InitializeAsync];
            foreach (Func<TimeSpan?, Task<LifeResult>> step in steps)
            {
                Task[] asked = [.. Enumerable.Range(0, world.Draw(RequestsMax)).Select(_ =>
                    binding.RequestAsync(Oid.Tcp4OffloadStatistics, OidMethod.Set))];
                pending += asked.Count(one => !one.IsCompleted);

                LifeResult went = world.Run(() => step(null));

                went.IsDone.ShouldBeTrue($"seed {seed}: {step.Method.Name}: {went.WaitsFor}");
                world.RunUntil(() => Array.TrueForAll(asked, one => one.IsCompleted))
                    .ShouldBeTrue($"seed {seed}: {step.Method.Name}: a request is never answered");
                foreach (Task one in asked.Where(one => one.IsFaulted))
                    one.Exception!.InnerException.ShouldBeOfType<OidException>();
            }
            plugged.ShouldAllBe(one => !one.IsHaltedOverAny, $"seed {seed}");
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
        pending.ShouldBeGreaterThan(Seeds);
    }

    /// <summary>Answers control requests after a while.</summary>
    private sealed class SlowAdapter(IOffloadTarget inner, SeededActorSystem world) : IOffloadAdapter
    {
        private IAdapterUpcalls? _upcalls;
        private int _open;
        private bool _isGone;

        /// <summary>Whether control requests were open when it was halted.</summary>
        public bool IsHaltedOverAny { get; private set; }

        public OffloadCapabilities Capabilities => inner.Capabilities;

        public NdisStatus Initialize(IAdapterUpcalls upcalls)
        {
            _upcalls = upcalls;
            return NdisStatus.Success;
        }

        public NdisStatus Request(OidBlock request)
        {
            if (request.Oid != Oid.Tcp4OffloadStatistics)
                return NdisStatus.Success;
            _open++;
            Later(request, world.Draw(30));
            return NdisStatus.Pending;
        }

        public void SurpriseRemoved() => _isGone = true;      // then the stack answers them

        public void Halt(HaltAction action) => IsHaltedOverAny = _open > 0 && !_isGone;

        public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => inner.Submit(request, upcalls);

        public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => inner.Answer(answer, upcalls);

        public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => inner.Sever(connection, upcalls);

        public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
            inner.Probe(connection, parcel, flight);

        private void Later(OidBlock request, int turns) => world.Schedule("control", () =>
        {
            if (turns > 0)
            {
                Later(request, turns - 1);
                return;
            }
            _open--;
            _upcalls!.OidComplete(request, NdisStatus.Success);
        });
    }
}
