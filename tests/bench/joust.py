"""joust as the benchmarks use it: one run, and what it found in each of its views.

Figures and intervals are joust's own, out of `--json`; nothing is worked out anew but what joust does not compare:
a difference instead of a ratio, and the cost of the generator itself.
"""

import json
import math
import statistics
import subprocess
from pathlib import Path

FINE, INVALID = 0, 5            # invalid: a gate is broken; the figures that it does not concern are sound


class View:
    """One loop, closed or open, of a campaign."""

    def __init__(self, analysis, rounds, names):
        self.analysis, self.names = analysis, names
        self.rounds = [round_ for round_ in rounds if round_["window_ns"]]

    def figure(self, name, figure):
        """NaN: joust does not know it, as when there was a round without an answer."""
        target = next(t for t in self.analysis["targets"] if t["name"] == name)
        return target[figure]["value"] if target[figure] else math.nan

    def rate(self, name):
        return self.figure(name, "throughput_requests_per_second")

    def rates(self, name):
        """Of each round, in the order of the blocks."""
        return [sum(s["completed"] for s in r["steps"]) / r["window_ns"] * 1e9
                for r in sorted(self.rounds_of(name), key=lambda r: r["block"])]

    def cpu_us(self, name):
        return self.figure(name, "server_cpu_ns_per_request") / 1000

    def latencies_us(self, name):
        """p50, p99 and the worst."""
        worst = max(step["latency"]["max_ns"] for r in self.rounds_of(name) for step in r["steps"])
        return self.figure(name, "p50_ns") / 1000, self.figure(name, "p99_ns") / 1000, worst / 1000

    def cpu_ratio(self, a, b):
        """a's CPU time a request over b's, and the ends of its 95 % interval."""
        found = next(c for c in self.analysis["comparisons"] if (c["a"], c["b"], c["metric"]) == (a, b, "cpu"))
        return tuple(math.nan if found[end] is None else found[end] for end in ("ratio", "low", "high"))

    def cpu_difference_ns(self, a, b):
        """By how much a request costs a more than b, and the ends of its interval: those of the ratio, times b's cost."""
        return tuple((ratio - 1) * self.cpu_us(b) * 1000 for ratio in self.cpu_ratio(a, b))

    def generator_us(self):
        """CPU time a request of the threads that drive, in the median round."""
        return statistics.median(r["generator_cpu_ns"] / sum(s["completed"] for s in r["steps"]) for r in self.rounds) / 1000

    def doubts(self, metric="cpu"):
        """The broken gates, but those allowed, that void what is said of a metric, as text to stand behind it."""
        names = dict.fromkeys(g["gate"] for g in self.analysis["gates"] if g["broken"] and not g["allowed"] and metric in g["voids"])
        return f" (gate: {', '.join(names)})" if names else ""

    def rounds_of(self, name):
        return [r for r in self.rounds if r["target"] == self.names.index(name)]


def command(out, targets, request, *arguments):
    """`targets`: {name: server}, each with the CPU time of its process tree."""
    method, path, headers, body = request
    whole = [f"{out}/joust", "-q", "-X", method, *map(str, arguments)]
    for name, value in headers.items():
        whole += ["-H", f"{name}: {value}"]
    if body:
        whole += ["-b", body.decode()]
    for name, server in targets.items():
        whole += ["--pid", f"{name}={server.process.pid}"]
    return whole + [f"{name}=http://127.0.0.1:{server.port}{path}" for name, server in targets.items()]


def run(bench, targets, request, *arguments, before=(), keep=None):
    """The views of a campaign: one, or with --equal-load the closed one and the open one.  `keep`: where its result stays."""
    path = Path(keep or f"{bench.directory}/joust.json")
    path.unlink(missing_ok=True)    # one of an earlier run is not this one's
    done = subprocess.run([*before, *command(bench.out, targets, request, "--json", path, *arguments)], capture_output=True,
                          text=True, check=False)
    if done.returncode not in (FINE, INVALID) or not path.exists():
        raise SystemExit(f"bench: joust ended with {done.returncode}: {done.stderr}")
    result = json.loads(path.read_text(encoding="utf-8"))
    names = [target["name"] for target in result["targets"]]
    return [View(analysis, view["rounds"], names) for analysis, view in zip(result["analysis"], result["views"])]
