"""To the limit: what is asked of Postern (goals.py), each figure with the services in the same run and the same parameters.

Against the contenders, what counts is how many requests a core can do: requests a second of the server's CPU time, since in
the closed loop the generator's core is full before Postern's.  The campaigns are load.py's where they belong to this run, else
others like them.
"""

import json
import math
import os
import time
from pathlib import Path

import campaigns
import goals
import joust
import limit_connections
import limit_cpu
import limit_logins
import services
from campaigns import JSON, ME, TOKEN
from rows import Cell, not_measured

CONTENDERS = services.KEYS[1:]
NO_GOAL = {(JSON.key, "fastapi"), (JSON.key, "fastapi-same")}


def read(path):
    """The one view of a campaign."""
    result = json.loads(path.read_text())
    names = [target["name"] for target in result["targets"]]
    return joust.View(result["analysis"][0], result["views"][0]["rounds"], names)


def began():
    """When this process did, by the clock that files have."""
    ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


def is_of_this_run(path):
    return path.exists() and path.stat().st_mtime >= began()


def load_view(bench, kind):
    """The view of all services in the closed loop, and the command."""
    arguments = campaigns.closed_arguments(bench, kind)
    path = Path(bench.results) / f"load-{kind.key}.joust.json"
    if is_of_this_run(path):
        view = read(path)
        return view, campaigns.shown(view.names, kind.request("TOKEN"), [*kind.more, *arguments])
    with services.running() as targets:
        (view,), command = campaigns.run(bench, f"limit-load-{kind.key}", targets, kind, *arguments)
    return view, command


def ratio_cell(view, other):
    """How many times as many requests Postern does in a second of CPU time, by joust: its ratio the other way round."""
    if other not in view.names:
        return not_measured(services.why_not(other) or "not in this run")
    ratio, low, high = view.cpu_ratio("postern", other)
    if math.isnan(ratio):
        return not_measured("joust has no ratio: there was a round without an answer")
    return Cell(1 / ratio, 1 / high, 1 / low)


def of_pair(view, other):
    """As if the two had been alone: gates that another service broke say nothing about them."""
    gates = [gate for gate in view.analysis["gates"] if gate["target"] in ("postern", other)]
    return joust.View({**view.analysis, "gates": gates}, view.rounds, view.names)


def contender_rows(bench):
    for kind in (JSON, ME, TOKEN):
        view, command = load_view(bench, kind)
        for other in CONTENDERS:
            if (kind.key, other) not in NO_GOAL:
                yield goals.row(f"{kind.key}-{other}", ratio_cell(view, other), command,
                               campaigns.doubts(of_pair(view, other), "cpu"))


def measure(bench):
    yield from limit_cpu.measure(bench)
    yield from contender_rows(bench)
    yield from limit_logins.measure(bench)
    yield from limit_connections.measure(bench)
