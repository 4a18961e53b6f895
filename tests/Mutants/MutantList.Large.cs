namespace ChimneyActors.Mutants.Tests;

/// <summary>Mutants whose smallest known run has 30 events or more. See docs/mutation.md.</summary>
internal static partial class MutantList
{
    /// <summary>By name: how many events that run has.</summary>
    public static IReadOnlyDictionary<string, int> Large { get; } = new Dictionary<string, int>
    {
        ["A dependent that has left is still one"] = 33,
        ["The cell ignores the flight"] = 33,
        ["Every journey has the same flight id"] = 41,
        ["Room that is still to be made is not passed on"] = 72,
        ["A claim is good for any journey"] = 33,
        ["A promise is answered as often as it is asked"] = 31,
        ["Room goes with quarantined memory"] = 72,
        ["Lost data is said again to a host that leaves"] = 70,
        ["Posted receives are not asked for"] = 155,
        ["Where reading begins is not noted"] = 39,
        ["A terminate is answered before the data is there"] = 43,
        ["The custodian believes whatever a target says"] = 40,
        ["A gap is let through"] = 122,
        ["Lost data is said again into the void"] = 5000,
        ["The first suspicion is a verdict"] = 35,
        ["A stranded connection does not ask to be fetched"] = 60,
        ["An offload begins at the start of the stream"] = 39,
        ["A fresh driver does not say that it is there"] = 58,
        ["A late answer of a lost adapter keeps its socket"] = 30,
        ["A verdict is ignored"] = 165,
        ["A terminate does not stop posting"] = 34,
        ["Nothing is said to a driver between two lives"] = 55,
        ["A connection does not remember whom it waits for"] = 58,
        ["A request without a way down is dropped"] = 35,
        ["Data the host did not want counts"] = 302,
        ["A stranded connection forgets the FIN"] = 45,
        ["Data brought home is given to the target"] = 60,
        ["Posts of who leaves go on waiting"] = 33,
        ["Room is not passed on"] = 31,
        ["The FIN overtakes the data"] = 73,
        ["A slot has one name for ever"] = 30,
        ["A departed post answers for itself, too"] = 51,
        ["A name is found whatever its generation"] = 30,
        ["What is to be said again is not swept"] = 36,
        ["A driver is started once too often"] = 68,
        ["Received bytes do not count as accepted"] = 53,
        ["A throttle lets the quick overtake"] = 39,
        ["The holder is read behind the first dash"] = 31,
        ["Refused data is not kept for the terminate"] = 90,
        ["What a dying driver holds stays where it is"] = 42,
        ["A place at the filter is kept by the dead"] = 37,
        ["Data returned between two lives is forgotten"] = 32,
        ["Forwarded segments are not swept"] = 31,
    };
}
