"""Equal load, open loop: what a request waits when every service is asked equally often, and /users/me beside log-ins.

At half of the slowest one's capacity all take part; at half of that of Axum with Postern's technique those that can.
Then, with all cores and as each starts by itself, 200 requests a second for a user, first alone and then while log-ins
saturate the service.
"""

import campaigns
import services
from bench import Flood, latencies
from campaigns import JSON, ME, P50_US, P99_US, P999_US
from rows import LESS, Row
from table import progress
from wrk import turn

GROUP = "equal load"
BOTH = (JSON, ME)
FAST = "axum-same"
CAN = 0.8                       # more than this of a service's capacity is no equal load for it
LOGIN_COMMAND = ("joust -c 1 --rate 200 -H 'Authorization: Bearer TOKEN' postern=http://127.0.0.1:PORT/users/me beside "
                 "joust -c 32 -H 'Content-Type: application/x-www-form-urlencoded' "
                 "-b 'username=ada%40example.com&password=correct+horse+battery' postern=http://127.0.0.1:PORT/token")


# ---- Half of a capacity -------------------------------------------------------------------------


def open_rows(bench, targets, kind, name, rate, seconds, otherwise="not measured"):
    (view,), command = campaigns.run(bench, f"equal-{kind.key}-{name}", targets, kind, "-c", 100, "--rate", rate, "-d", seconds,
                                     "--blocks", bench.few(2, 10), "--warm-up", bench.few(0.3, 2), "--quantile", 99.9,
                                     *campaigns.PIN)
    for figure in (P50_US, P99_US, P999_US):
        yield campaigns.row(view, GROUP, f"{kind.key}-equal-{name}", f"{kind.what}, {rate:,} a second", figure, command,
                            otherwise=otherwise)


def equal_rows(bench, targets, kind):
    """Ten requests above its p99.9 need 10,000: the slower, the longer."""
    known = campaigns.capacities(bench, targets, kind)
    low = round_rate(min(known.values()) / 2)
    yield from open_rows(bench, targets, kind, "all", low, bench.few(1, max(8, min(20, 12000 // low))))
    if FAST not in known:
        return
    high = round_rate(known[FAST] / 2)
    able = {name: server for name, server in targets.items() if high <= CAN * known[name]}
    yield from open_rows(bench, able, kind, "fast", high, bench.few(1, 8), f"cannot take {high:,} a second")


def round_rate(rate):
    """Two digits are enough, and the command can be typed."""
    return int(float(f"{rate:.1e}")) or 1


# ---- Beside log-ins -----------------------------------------------------------------------------


def beside_logins(bench, targets):
    """{service: [(p99 alone, p99 beside log-ins)]}, in µs."""
    request, seconds = ME.request(campaigns.token_for(targets)), bench.few(1, 4)
    found = {name: [] for name in targets}
    for number in range(bench.few(1, 3)):
        progress(f"/users/me beside log-ins, round {number + 1}")
        for name in turn(targets, number):
            alone = latencies(bench, targets[name], request, seconds)[1]
            with Flood(bench, targets[name]):
                found[name].append((alone, latencies(bench, targets[name], request, seconds)[1]))
    bench.keep("equal-me-logins", found)
    return found


def login_row(key, what, unit, found, figure):
    """`figure` of each pair."""
    cells = {name: campaigns.mean_cell([figure(*pair) for pair in pairs]) for name, pairs in found.items()}
    return Row(key, GROUP, f"GET /users/me, 200 a second, all cores: {what}", unit, LESS, services.cells(cells), LOGIN_COMMAND)


def login_rows(bench):
    with services.running(cores=services.ALL) as targets:
        found = beside_logins(bench, targets)
    yield login_row("me-idle-p99", "p99 alone", "µs", found, lambda alone, beside: alone)
    yield login_row("me-logins-p99", "p99 while log-ins saturate", "µs", found, lambda alone, beside: beside)
    yield login_row("me-logins-ratio", "p99 while log-ins saturate ÷ alone", "", found, lambda alone, beside: beside / alone)


def measure(bench):
    with services.running() as targets:
        for kind in BOTH:
            yield from equal_rows(bench, targets, kind)
    yield from login_rows(bench)
