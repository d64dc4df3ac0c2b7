"""How far each service is from what is possible: a server that reads and answers and does nothing else, and the bare hash.

The do-nothing server is joust's, on the same core under the same generator.  In the closed loop server and generator have a
core each; at an equal offered rate they share one, as script/bench does it (STEADY), and take turns, so that no server finds
more than one request at a time: there a small difference shows.
"""

import statistics
import subprocess

import campaigns
import servers
import services
from campaigns import CPU_US, JSON, ME, TOKEN
from generators import STEADY
from rows import MORE, POSTERN, Row
from table import progress

GROUP = "physics"
NULL = "null"
RATE = 5000
CAN = 0.4                       # of a service's capacity with a core of its own: here the generator has half of it
# The do-nothing server's answer is another, and what is looked at is CPU time alone.
ALLOWED = ("--allow", "answers,ceiling,little,tail")


# ---- Beside a server that does nothing ----------------------------------------------------------


def distance(view, name):
    """do-nothing ÷ service, by joust's comparison of the two."""
    ratio, low, high = view.cpu_ratio(name, NULL)
    return campaigns.cell({"value": 1 / ratio, "low": 1 / high, "high": 1 / low, "at_least": False})


def distance_row(view, kind, key, how, command, otherwise):
    found = {name: distance(view, name) for name in view.names if name != NULL}
    what = f"{kind.what}, {how}: CPU of a server that does nothing ({view.cpu_us(NULL):.2f} µs) ÷ the service's"
    return Row(f"{kind.key}-physics-{key}", GROUP, what, "", MORE, services.cells(found, otherwise=otherwise), command,
               campaigns.doubts(view, "cpu"))


def closed_row(bench, targets, kind):
    (view,), command = campaigns.run(bench, f"physics-{kind.key}", targets, kind, "-c", 100, "-d", bench.few(1, 6), "--blocks",
                                     bench.few(2, 10), "--warm-up", bench.few(0.2, 1), *ALLOWED, *campaigns.PIN)
    return distance_row(view, kind, "closed", "closed loop", command, "not measured")


def steady_rows(bench, targets, kind):
    known = campaigns.capacities(bench, {name: server for name, server in targets.items() if name != NULL}, kind)
    able = {name: server for name, server in targets.items() if name in (NULL, POSTERN) or RATE <= CAN * known[name]}
    (view,), command = campaigns.run(bench, f"physics-{kind.key}-steady", able, kind, *STEADY, "-t", 1, "--rate", RATE, "-d",
                                     bench.few(1, 8), "--blocks", bench.few(4, 20), "--warm-up", 0.2, *ALLOWED)
    how, otherwise = f"{RATE:,} a second", f"cannot take {RATE:,} a second on half a core"
    yield distance_row(view, kind, "steady", how, command, otherwise)
    yield campaigns.row(view, GROUP, f"{kind.key}-physics-steady", f"{kind.what}, {how}", CPU_US, command, otherwise=otherwise)


# ---- Beside the bare hash -----------------------------------------------------------------------


def bare_rate(bench, seconds):
    """Hashes a second on the servers' core, in memory that is kept."""
    done = subprocess.run([*services.PINNED, f"{bench.out}/bench/bench_hash", "1", str(seconds)], capture_output=True, text=True,
                          check=True)
    return float(done.stdout.split()[0])


def login_row(bench, targets):
    """Each round's log-ins are held against the bare hashes before and after them."""
    seconds, shares, bares = bench.few(1, 3), {name: [] for name in targets}, []
    for number in range(bench.few(1, 3)):
        progress(f"log-ins beside the bare hash, round {number + 1}")
        before = bare_rate(bench, seconds)
        (view,), command = campaigns.run(bench, f"physics-token-{number + 1}", targets, TOKEN, "-c", 32, "-d", bench.few(2, 4),
                                         "--blocks", 2, "--settle", 0.5, "--warm-up", 0, "--allow", "ceiling,tail,little",
                                         *campaigns.PIN)
        bares.append((before + bare_rate(bench, seconds)) / 2)
        for name in targets:
            shares[name].append(view.rate(name) / bares[-1])
    bench.keep("physics-token", {"bare": bares, "shares": shares})
    what = f"POST /token: log-ins a second ÷ argon2id alone on the same core ({statistics.mean(bares):.1f} a second)"
    cells = services.cells({name: campaigns.mean_cell(each) for name, each in shares.items()})
    return Row("token-physics", GROUP, what, "", MORE, cells,
               f"taskset -c {services.SERVER_CPU} build/release/bench/bench_hash 1 {seconds} before and after {command}",
               campaigns.doubts(view, "throughput"))


def measure(bench):
    with services.running() as targets:
        with servers.null_server(bench.out, before=services.PINNED) as null:
            for kind in (JSON, ME):
                both = {**targets, NULL: null}
                yield closed_row(bench, both, kind)
                yield from steady_rows(bench, both, kind)
        yield login_row(bench, targets)
