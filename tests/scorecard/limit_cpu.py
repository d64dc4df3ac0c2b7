"""CPU time a request, to the limit: against a server that does nothing, and with a second loop.

At an equal offered rate, the server alone on its core.  In a closed loop the dearer server finds more requests at each turn,
and saves on waiting what it spends elsewhere; at a low rate a request wakes a sleeping core, which costs more than anything
that is looked for.  So the rate is about half of what Postern can.
"""

import contextlib
import os
import subprocess
from collections import Counter

import campaigns
import goals
import servers
import services
from campaigns import JSON, ME
from rows import Cell, not_measured

RATES = {"json": 80000, "me": 50000}
LOOPS_RATE = 30000


def postern(bench, cores=services.ONE, options=(), **environment):
    """One with a folder of its own and an account."""
    server = services.start("postern", bench.fresh_directory(), cores, options, **environment)
    server.sign_in()
    return server


# ---- Against a server that does nothing ---------------------------------------------------------


@contextlib.contextmanager
def beside_nothing(bench, *options, **environment):
    """Both on one core, each visited alone."""
    with (postern(bench, options=options, **environment) as server,
          servers.null_server(bench.out, before=services.PINNED) as null):
        yield {"postern": server, "null": null}


def rate_arguments(bench, rate):
    return ["-c", 100, "--rate", rate, "-d", bench.few(1, 15), "--blocks", bench.few(5, 30), "--settle", 0.05,
            "--warm-up", bench.few(0.3, 1), "--allow", "answers,ceiling,tail"]


def nothing_row(bench, key, targets, kind):
    (view,), command = campaigns.run(bench, f"limit-{key}", targets, kind, *rate_arguments(bench, RATES[kind.key]),
                                     *campaigns.PIN)
    ratio, low, high = view.cpu_ratio("postern", "null")
    return goals.row(key, Cell(1 / ratio, 1 / high, 1 / low), command, campaigns.doubts(view, "cpu"))


def has_cache(bench):
    """Of verified tokens and of rows; a build from before it has none."""
    said = subprocess.run([f"{bench.out}/postern", "serve", "--help"], capture_output=True, text=True, check=True).stdout
    return "--cache" in said


def nothing_rows(bench):
    cached = has_cache(bench)
    with beside_nothing(bench) as targets:
        yield nothing_row(bench, "json-cpu", targets, JSON)
        yield nothing_row(bench, "me-cpu-cached" if cached else "me-cpu-uncached", targets, ME)
    if not cached:
        yield goals.row("me-cpu-cached", not_measured("there is no cache"))
        return
    with beside_nothing(bench, "--cache", "off") as targets:
        yield nothing_row(bench, "me-cpu-uncached", targets, ME)
    with beside_nothing(bench, JWT_SECRET="") as targets:
        yield nothing_row(bench, "me-es256-cpu-cached", targets, ME)


# ---- A second loop ------------------------------------------------------------------------------


def loop_arguments(*more):
    """Nobody is pinned: two loops need both cores."""
    return ["-c", 100, "-t", 1, "--rate", LOOPS_RATE, "--allow", "ceiling,rate,tail", *more]


def cpu_row(bench, two, one):
    arguments = loop_arguments("-d", bench.few(1, 15), "--blocks", bench.few(5, 30), "--warm-up", bench.few(0.3, 1))
    (view,), command = campaigns.run(bench, "limit-loops-cpu", {"two": two, "one": one}, JSON, *arguments)
    return goals.row("loops-cpu", Cell(*view.cpu_ratio("two", "one")), command, campaigns.doubts(view, "cpu"))


def thread_times(server):
    """CPU time of each thread of the process that serves, in ns."""
    front = next(pid for pid in servers.tree(server.process.pid) if servers.role(pid) == "front")
    return Counter({task: int(servers.read(f"/proc/{front}/task/{task}/schedstat").split()[0])
                    for task in os.listdir(f"/proc/{front}/task")})


def imbalance(before, after):
    """The busiest thread's time ÷ the next one's."""
    (_, first), (_, second) = (after - before).most_common(2)
    return first / second


def busy_row(bench, server):
    """A round is two visits, and a visit opens its connections anew."""
    ratios, command = [], ""
    for _ in range(bench.few(2, 8)):
        before = thread_times(server)
        _, command = campaigns.run(bench, "limit-loops-busy", {"postern": server}, JSON,
                                   *loop_arguments("-d", 1, "--blocks", 2, "--warm-up", 0))
        ratios.append(imbalance(before, thread_times(server)))
    bench.keep("limit-loops-busy", ratios)
    return goals.row("loops-busy", campaigns.mean_cell(ratios), command)


def loop_rows(bench):
    with (postern(bench, services.ALL, ("--threads", "2")) as two,
          postern(bench, services.ALL, ("--threads", "1")) as one):
        yield cpu_row(bench, two, one)
        yield busy_row(bench, two)


def measure(bench):
    yield from nothing_rows(bench)
    yield from loop_rows(bench)
