"""A campaign of joust over several services, and rows out of what it found.

Figures and intervals are joust's own.  The whole result stays in bench.results under the campaign's name.  A broken gate does
not hide a figure: its sentence stands among the row's doubts.
"""

import dataclasses
import json
import math
import shlex
import statistics

import joust
import servers
import services
from rows import LESS, MORE, Cell, Row, not_measured
from table import progress

PIN = ("--pin", f"{services.SERVER_CPU}:{services.CLIENT_CPU}", "-t", 1)


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is asked.  `hashes`: a request takes a password's hash, about 10 ms, and a hundred at a time wait for a second."""

    key: str
    what: str
    hashes: bool
    more: tuple = ()            # options of joust

    def request(self, token):
        return {"json": servers.json_request, "me": lambda: servers.me_request(token), "token": servers.token_request,
                "register": register_request}[self.key]()


def register_request():
    body = json.dumps({"email": "user-{{seq}}-{{random}}@example.com", "password": servers.PASSWORD}).encode()
    return "POST", "/register", {"Content-Type": "application/json"}, body


JSON = Kind("json", "POST /json", False)
ME = Kind("me", "GET /users/me", False, ("--ignore", "created_at"))
TOKEN = Kind("token", "POST /token", True, ("--timeout", "60s", "--ignore", servers.TOKEN_MEMBERS))
REGISTER = Kind("register", "POST /register", True, ("--timeout", "60s", "--expect", 201))


@dataclasses.dataclass(frozen=True)
class Figure:
    """`member` of a target in joust's analysis, which is divided by `scale`; gates void it by the name of its `metric`."""

    key: str
    what: str
    unit: str
    better: str
    member: str
    metric: str
    scale: float = 1


THROUGHPUT = Figure("throughput", "throughput", "1/s", MORE, "throughput_requests_per_second", "throughput")
P50_MS = Figure("p50", "p50", "ms", LESS, "p50_ns", "p50", 1e6)
P99_MS = Figure("p99", "p99", "ms", LESS, "p99_ns", "p99", 1e6)
P50_US = Figure("p50", "p50", "µs", LESS, "p50_ns", "p50", 1e3)
P99_US = Figure("p99", "p99", "µs", LESS, "p99_ns", "p99", 1e3)
P999_US = Figure("p999", "p99.9", "µs", LESS, "p99.9_ns", "p99", 1e3)
CPU_US = Figure("cpu", "server CPU a request", "µs", LESS, "server_cpu_ns_per_request", "cpu", 1e3)
CPU_MS = Figure("cpu", "server CPU a request", "ms", LESS, "server_cpu_ns_per_request", "cpu", 1e6)


# ---- Running ------------------------------------------------------------------------------------


def token_for(targets):
    """A fresh one: it is good for half an hour, and at all services alike."""
    started = [server for key, server in targets.items() if key != "null"]
    return started[0].sign_in()


def run(bench, name, targets, kind, *arguments, quietly=()):
    """The views, and the command as it can be shown, without what is asked `quietly`."""
    progress(f"{name}: {', '.join(targets)}")
    request, arguments = kind.request(token_for(targets)), [*kind.more, *arguments]
    views = joust.run(bench, targets, request, *arguments, *quietly, keep=f"{bench.results}/{name}.joust.json")
    return views, shown(targets, request, arguments)


def shown(targets, request, arguments):
    """Without what differs from run to run: ports, processes, the token, where a result goes."""
    method, path, headers, body = request
    words = ["joust", "-X", method, *map(str, arguments)]
    for name, value in headers.items():
        words += ["-H", f"{name}: " + ("Bearer TOKEN" if name == "Authorization" else value)]
    if body:
        words += ["-b", body.decode()]
    words += [f"{name}=http://127.0.0.1:PORT{path}" for name in targets]
    return shlex.join(words)


def closed_arguments(bench, kind):
    if kind.hashes:
        return ["-c", 100, "-d", bench.few(4, 15), "--blocks", bench.few(4, 5), "--settle", 0.5, "--warm-up", 0, *PIN]
    return ["-c", 100, "-d", bench.few(2, 15), "--blocks", bench.few(8, 10), "--warm-up", bench.few(0.3, 5), *PIN]


def capacities(bench, targets, kind):
    """{service: requests a second} in the closed loop: of this run where it was measured, else of a short one."""
    if kind.key not in bench.capacities:
        (view,), _ = run(bench, f"capacity-{kind.key}", targets, kind, "-c", 100, "-d", 1, "--blocks", 2, "--warm-up", 1, *PIN)
        bench.capacities[kind.key] = {name: view.rate(name) for name in targets}
    return bench.capacities[kind.key]


# ---- Rows ---------------------------------------------------------------------------------------


def cell(estimate, scale=1):
    if not estimate or estimate["value"] is None or math.isnan(estimate["value"]):
        return not_measured("joust has no figure: in some round there was no answer, or too few for this percentile")
    low, high = (None if estimate[end] is None else estimate[end] / scale for end in ("low", "high"))
    return Cell(estimate["value"] / scale, low, high, "at least" if estimate["at_least"] else "")


def doubts(view, metric):
    """Each broken gate once: joust's sentence or, where it broke at several targets, their figures."""
    broken = {}
    for gate in view.analysis["gates"]:
        if gate["broken"] and not gate["allowed"] and metric in gate["voids"]:
            broken.setdefault(gate["gate"], []).append(gate)
    return tuple(f"joust's gate `{name}`: {broken_text(gates)}" for name, gates in broken.items())


def broken_text(gates):
    if len(gates) == 1:
        return gates[0]["says"]
    return ", ".join(f"{gate['target']} {gate['figure']:.3g}" for gate in gates) + f" (limit {gates[0]['limit']:g})"


def row(view, group, key, what, figure, command, keys=services.KEYS, **more):
    """`what` stands before the figure's name."""
    targets = {target["name"]: target for target in view.analysis["targets"]}
    found = {name: cell(target.get(figure.member), figure.scale) for name, target in targets.items()}
    return Row(f"{key}-{figure.key}", group, f"{what}, {figure.what}", figure.unit, figure.better,
               services.cells(found, keys, more.pop("otherwise", "not measured")), command, doubts(view, figure.metric), **more)


# ---- Intervals of what joust does not compare ---------------------------------------------------

T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)


def t_quantile(freedom):
    """Of Student's t, 97.5 %; a little too wide beyond the table."""
    return T_975[min(freedom, len(T_975)) - 1]


def mean_cell(values, note=""):
    """The geometric mean of rounds with its 95 % interval, by Student's t on the logarithms, as joust does it."""
    if not values or any(math.isnan(value) or value <= 0 for value in values):
        return not_measured("there was a round without an answer")
    logs = [math.log(value) for value in values]
    middle = statistics.mean(logs)
    if len(logs) < 2:
        return Cell(math.exp(middle), note=note)
    half = t_quantile(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    return Cell(math.exp(middle), math.exp(middle - half), math.exp(middle + half), note)
