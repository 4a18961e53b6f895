namespace ChimneyActors.TestKit;

/// <summary>Where in the row of the plan a trait of the world begins.</summary>
internal enum PlanPlace
{
    Layers = 0,
    Connections = 2,
    Posts = 3,
    Crashes = 4,
    Faults = 7,
    BadSevers = 10,
    Refuses = 12,
    StopsEarly = 13,
    StopsHard = 15,
    OtherBindingIsLower = 16,
    Restarts = 17,
    Pools = 18,
    Shelves = 22,
    Time = 23,
    Floods = 26,
    Vanishes = 27,
    Engines = 29,
    Stale = 32,
    Miscounts = 33,
    Forwards = 35,
    Adapters = 37,
    Denied = 39,
    Kinds = 40,
    Asks = 46,
    Paths = 48,
    Contexts = 49,
    Life = 51,
    End = 53,
}
