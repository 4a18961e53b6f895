using ChimneyActors.Node.Admin;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Conform;
using ChimneyActors.Node.Relay;
using ChimneyActors.Node.Serve;
using ChimneyActors.Node.Simulate;
using ChimneyActors.Node.Stress;
using ChimneyActors.Node.Stress.Clustered;
using ChimneyActors.Node.Verbs;

// One folder a verb; a new one is added here and nowhere else.
return await VerbLine.RunAsync(
    args,
    RelayCommand.Create(),
    ServeCommand.Create(),
    AdapterCommand.Create(),
    StressCommand.Create(),
    StressNodeCommand.Create(),
    SimulateCommand.Create(),
    ReplayCommand.Create(),
    ShrinkCommand.Create(),
    ConformCommand.Create(),
    ReadyCommand.Create(),
    NetstatCommand.Create(),
    PendingCommand.Create(),
    LifeCommand.Create(),
    DrainCommand.Create());
