using System.Text.Json;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Reporting;

/// <summary>Makes docs/performance.md out of the lines of a file.</summary>
internal static class Report
{
    private const string Head = """
        # Performance

        Written by `bench report FILE`; nothing here was typed by hand. To take the numbers again, on a quiet machine:

        ```
        dotnet publish src/Node -c Release && dotnet build bench -c Release
        artifacts/bin/Bench/release/bench all --json FILE
        artifacts/bin/Bench/release/bench report FILE > docs/performance.md
        ```

        **What counts is the ratio.** Ours and its rivals take turns within one run. A column `/ rival` is our cost over
        the rival's by wall time, and in parentheses by CPU time: the median over the rounds of the ratio in each round.
        Below 1 we are cheaper. Absolute numbers drift from run to run and from machine to machine.

        `ns/op` is wall time over operations: the median, then the least and the most. `CPU ns/op` is the time of all
        threads of the measured process; a peer, where there is one, is another process on the same cores.
        """;

    private static readonly Dictionary<string, string> About = new()
    {
        ["messaging"] =
            "One send down binding, intermediate drivers and connection to a target that acknowledges at once, "
            + "and its completion up. *Tasks* and *callbacks* are what a user calls; *messages* uses its posts "
            + "again, so that only the drivers' own cost is left. The rival passes one message, used again, over "
            + "the same number of actors, and keeps no promise. Where chains are sent, an operation is one buffer "
            + "list. The ledger and its checks have no switch: they are in every number of ours. The second rival "
            + "runs on our executor. What is allocated are two messages of 36 bytes; with window 1024 also the "
            + "arrays of a connection's mailbox, which keeps room for 64. *Custody, gate and checks alone* are all "
            + "looks, swaps and checks of one such send, in their order, on one thread without actors: less than a "
            + "tenth of a request, as it was to be. Not reached were 1.5 times the bare actors on the same executor "
            + "(1.5 to 1.9 with *messages* in the runs of this day, 2 through a task), less than the bare actors on "
            + "Akka's default one (by CPU time yes, by wall time 0.9 to 1.6: they have two threads there), and 60 "
            + "ns for a list in chains of 32. A profile of *messages*, window 64 (`perf record -F 3000 --call-graph "
            + "fp`, in parts of the CPU time): Akka and the executor 22 %, mailboxes 4 %, exchanges on objects and "
            + "allocation in the runtime 17 %, casts, write barriers and the lock of posts 14 %, pool and landing "
            + "13 %, passing on 7 %, binding, connection and intermediate driver 16 %, the rest 7 %. In a chain "
            + "each list is swapped, parked, filled and reset for itself, in ten passes over the chain, and that is "
            + "what is left: a profile of chains of 128 on one core (`taskset -c 1`) has no pass above a tenth, and "
            + "as much for the runtime's write barriers; two swaps less changed nothing that could be seen. It "
            + "costs the same with 128 lists under way as with 2,048, so it is not the memory.",
        ["kernel"] =
            "Real connections over loopback to one small epoll server in C. *C epoll* is a client in C, one "
            + "thread. Ours counts a send only when the peer acknowledged it, and a disconnect when the peer "
            + "acknowledged the FIN; nobody else here knows either. An operation is one connection, one round trip, "
            + "or one write of 64 KiB. `SpinMax` is 100 us, as by default. Each client is started for its own "
            + "repetition and ended after it: before, the timers of those who waited took the cores of whoever was "
            + "measured, 16 of 45 us of a round trip over one connection. An idle connection keeps less than 1.5 "
            + "KiB above its plain socket; opening and the storm to the last DisconnectComplete cost half of "
            + "Akka.IO's and less, which never learns that the peer has the FIN; bulk costs less than plain "
            + "sockets; over one connection ours has 0.8 of their rate. A disconnect that carries the last byte "
            + "costs as much as sending it and closing, to a few hundredths; one behind a send of its own costs a "
            + "request more, a quarter of such a connection. Not reached: 1.2 times the rate of plain sockets over "
            + "100 connections, 0.75 of C's, nine tenths of plain sockets' in churn (0.83; 0.9 while the other "
            + "clients kept the pool's threads awake), and twice Akka.IO's. Over one connection a thread that "
            + "sleeps has two cores woken for each round trip, its own and the peer's: with `SpinMax` 0 ours takes "
            + "twice as long, and more CPU time. At its best both sides share a core, 17 us ours and 11 the peer's "
            + "(`perf sched timehist`); a thread of the pool that was woken by a timer looks for work for some "
            + "milliseconds, and costs each round trip 4 us meanwhile. A profile over 100 connections (`perf record "
            + "-g`, in parts of the CPU time of our thread): send 51 %, receive 8 %, questions for acknowledgements "
            + "5 %, waiting 2 %, and 34 % in our code and Akka's, of which no function has more than 2: thirteen "
            + "hops through the drivers. Two threads are no quicker, for they wake each other. A profile of churn: "
            + "the kernel has 61 %, connecting alone 24, closing and FIN 8; making and ending an actor for each "
            + "connection near a tenth, the runtime 8, the rest is spread over initiate, disconnect and terminate, "
            + "each with a change of threads there and back. Of the storm's CPU time a fifth is the runtime "
            + "compiling code that runs for the first time in so young a process, three tenths are FIN, close and "
            + "epoll in the kernel; a seventh is Akka stopping one actor a connection.",
        ["relay"] =
            "In front of one nginx. An operation is one request, or one MB of bulk. *CPU ns/op* is that of the "
            + "relay's process alone; for *direct* there is none. Splice is not used: haproxy's own gains nothing "
            + "by it here. Bulk takes as long as haproxy's, within what runs differ by (0.94 to 1.02), and two "
            + "thirds of the CPU time of a plain .NET relay, which has two threads for it. It goes by the size of a "
            + "received buffer (`chimney.pools.indication-bytes`): with 128 KiB it took 0.75 to 0.84 of haproxy's "
            + "time, with 32 KiB 1.2 to 1.3, for each costs the same way through the drivers, and wakes whoever "
            + "reads. A profile of bulk (`perf record -g`): sending 41 %, receiving 35 %, our and Akka's code 17 %. "
            + "Not reached: to be as quick as a plain .NET relay with a connection for each request (0.89 of its "
            + "rate). A profile of that: the kernel has 61 % (connect 11, shutdown 9, send 8, close 4, options of "
            + "sockets 4, threads that wait for one another 6); on the pool 38 % go to offloading, connecting and "
            + "closing, the connect in them; making and ending two actors is 8 %, and with everything on the "
            + "target's thread it is no quicker.",
        ["cluster"] =
            "A connection that an adapter makes in another process on the same machine, with its own stack in "
            + "each: what is sent goes over the link, to a socket there, and its acknowledgement comes back. Beside "
            + "it the same stack in one process, and messages of Akka.Remote, bare and through Akka.Delivery, to "
            + "that other process, where they are answered at once and no TCP follows. *CPU ns/op* is that of the "
            + "host's process alone. Of writes of 64 KiB up to 32 are under way. Akka.Delivery has one stream each "
            + "way for all connections, as the link is one, and a window of 200 messages.",
        ["growth"] =
            "Connections over a target that answers at once, all in one stack; each repetition has its own "
            + "process. The rival has a bare actor for each connection, under as many parents. *End* is our "
            + "terminate, which stops the connection's actor, against the stop of the bare one. The death of a "
            + "connection's actor is counted from the request that kills to its answer, of a bare one to its "
            + "restart; the death of a driver also until the next one is in its place. All is flat: what costs more "
            + "with 100,000 than with 1,000 is memory that no cache holds, and costs the bare actors more too. "
            + "`bench growth --million` has a million: 1,455 bytes each. These are of an earlier day than the "
            + "others.",
    };

    public static void Write(string file, TextWriter to)
    {
        CaseResult[] results = [.. Read(file)];
        to.WriteLine(Head);
        to.WriteLine();
        to.WriteLine($"Measured on {results[0].Cores} cores, shared by both sides and whatever else ran.");
        foreach (IGrouping<string, CaseResult> bench in results.GroupBy(result => result.Bench))
        {
            to.WriteLine();
            to.WriteLine($"## {bench.Key}");
            to.WriteLine();
            foreach (string line in Wrap(About[bench.Key]))
                to.WriteLine(line);
            foreach (CaseResult result in bench)
                Write(result, to);
        }
    }

    private static void Write(CaseResult result, TextWriter to)
    {
        string[][] rows = CaseTable.Rows(result);
        to.WriteLine();
        to.WriteLine($"**{result.Case}**: `{result.Command}`, {result.Repetitions} rounds");
        to.WriteLine();
        to.WriteLine(Line(rows[0]));
        to.WriteLine(Line(rows[0].Select((_, column) => column == 0 ? "---" : "---:")));
        foreach (string[] row in rows.Skip(1))
            to.WriteLine(Line(row));
    }

    /// <summary>The last line of a case wins: what was measured again replaces what it repeats.</summary>
    private static IEnumerable<CaseResult> Read(string file)
    {
        if (!File.Exists(file))
            throw new BenchException($"there is no file '{file}'; make it with: bench all --json {file}");
        return File.ReadLines(file)
            .Where(line => line.Length > 0)
            .Select(line => JsonSerializer.Deserialize<CaseResult>(line, ResultOutput.Json)!)
            .GroupBy(result => (result.Bench, result.Case))
            .Select(same => same.Last());
    }

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static IEnumerable<string> Wrap(string text)
    {
        const int width = 116;
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length + word.Length + 1 > width)
            {
                yield return line;
                line = "";
            }
            line += line.Length == 0 ? word : " " + word;
        }
        yield return line;
    }
}
