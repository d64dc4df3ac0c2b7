"""Log-ins to the limit: against the bare hash, durable registrations against log-ins, a request beside them, too many of them.

Rounds take turns, and a ratio is taken within a round.  The server has one loop and one thread that hashes on core 0, the
generator core 1; under a quota the server may run anywhere, its processes together for as long as one core could.
"""

import math

import campaigns
import goals
import joust
import quota
import servers
import services
from bench import Flood, first_in_line
from campaigns import ME, PIN, REGISTER, TOKEN
from limit_cpu import postern
from physics import bare_rate
from rows import not_measured
from table import progress

SHARE = 0.3                     # of the capacity
TOO_MANY = 5
WAITING_S = 3                   # until as many wait as may: two seconds' worth
GENERATOR = ("taskset", "-c", str(services.CLIENT_CPU))


# ---- Rates --------------------------------------------------------------------------------------


def closed_rate(bench, name, server, kind, seconds):
    """Requests a second, and joust's command."""
    (view,), command = campaigns.run(bench, name, {"postern": server}, kind, "-c", 32, "-d", seconds, "--blocks", 2,
                                     "--warm-up", 0, "--settle", 0.5, "--allow", "little,ceiling,tail", *PIN)
    return view.rate("postern"), command


def rate_rows(bench):
    seconds, found, commands = bench.few(2, 4), [], {}
    with postern(bench, options=services.PATIENT) as server:
        for number in range(bench.few(2, 8)):
            progress(f"bare hashes, log-ins, registrations, round {number + 1}")
            before = bare_rate(bench, seconds)
            logins, commands[TOKEN] = closed_rate(bench, "limit-logins", server, TOKEN, seconds)
            bare = (before + bare_rate(bench, seconds)) / 2
            registrations, commands[REGISTER] = closed_rate(bench, "limit-registrations", server, REGISTER, seconds)
            found.append((bare, logins, registrations))
    bench.keep("limit-logins", found)
    yield goals.row("logins-bare", campaigns.mean_cell([logins / bare for bare, logins, _ in found]),
                    f"taskset -c 0 build/release/bench/bench_hash 1 {seconds} before and after {commands[TOKEN]}")
    yield goals.row("registrations", campaigns.mean_cell([registrations / logins for _, logins, registrations in found]),
                    f"{commands[REGISTER]}, beside {commands[TOKEN]}")


# ---- A request beside log-ins -------------------------------------------------------------------


def alone(bench, server, request, *arguments, before=()):
    return joust.run(bench, {"postern": server}, request, "-c", 100, "-t", 1, "--blocks", 2, "--warm-up", 0, "--settle", 0.3,
                     "--allow", "ceiling,little,tail", *arguments, before=[*before, *GENERATOR])[0]


def p99_us(view):
    estimate = view.analysis["targets"][0]["p99_ns"]
    return estimate["value"] / 1000 if estimate and estimate["value"] else math.nan


class BesideLogins:
    """p99 of /users/me alone and beside log-ins, in turns, at the same rate."""

    def __init__(self, bench, server):
        self.bench, self.server, self.seconds = bench, server, bench.few(1, 4)
        self.request = ME.request(server.sign_in())
        self.rate = round(SHARE * alone(bench, server, self.request, "-d", bench.few(1, 3)).rate("postern"))
        self.pairs, self.doubts = [], []

    def p99(self):
        view = alone(self.bench, self.server, self.request, "--rate", self.rate, "-d", self.seconds, before=first_in_line())
        self.doubts += campaigns.doubts(view, "p99")
        return p99_us(view)

    def round(self):
        idle = self.p99()
        with Flood(self.bench, self.server, before=GENERATOR):
            self.pairs.append((idle, self.p99()))

    def command(self):
        one = {"postern": self.server}
        return (campaigns.shown(one, self.request, ["-c", 100, "--rate", self.rate, "-d", self.seconds, "--blocks", 2])
                + ", and beside it " + campaigns.shown(one, servers.token_request(), ["-c", 32]))

    def row(self, key):
        if any(math.isnan(each) for pair in self.pairs for each in pair):
            why = "joust has no p99: in some round too few were answered"
            return goals.row(key, not_measured(why), self.command(), self.doubts)
        idle, busy = (sorted(column)[len(column) // 2] for column in zip(*self.pairs))
        note = f"{self.rate:,} a second; p99 about {idle:,.0f} µs idle and {busy:,.0f} µs beside log-ins"
        return goals.row(key, campaigns.mean_cell([b / a for a, b in self.pairs], note), self.command(), self.doubts)


def beside_row(bench, key, server):
    beside = BesideLogins(bench, server)
    for number in range(bench.few(2, 6)):
        progress(f"/users/me beside log-ins ({key}), round {number + 1}")
        beside.round()
    bench.keep(f"limit-{key}", beside.pairs)
    return beside.row(key)


def quota_row(bench):
    try:
        with quota.one_core() as group, servers.postern(bench.out, bench.fresh_directory(),
                                                        *services.postern_options()[1:], secret=True,
                                                        before=group.before) as server:
            return beside_row(bench, "p99-quota", server)
    except quota.NotAllowed as why:
        return goals.row("p99-quota", not_measured(str(why)))


def beside_rows(bench):
    with postern(bench) as server:
        yield beside_row(bench, "p99", server)
    yield quota_row(bench)


# ---- Too many -----------------------------------------------------------------------------------


def too_many(bench, server, rate):
    """What cannot be hashed in time is answered 503, which is no right answer."""
    return campaigns.run(bench, "limit-overload", {"postern": server}, TOKEN, "-c", 1000, "--rate", rate, "-d", bench.few(2, 6),
                         "--blocks", 2, "--warm-up", 0, "--settle", WAITING_S, "--failures", "100%",
                         "--allow", "ceiling,failures,tail", *PIN)


def overload_row(bench):
    ratios, doubts, command = [], [], ""
    with postern(bench) as server:
        for _ in range(bench.few(2, 6)):
            peak, _ = closed_rate(bench, "limit-overload-peak", server, TOKEN, bench.few(2, 4))
            (view,), command = too_many(bench, server, round(TOO_MANY * peak))
            ratios.append(view.rate("postern") / peak)
            doubts += campaigns.doubts(view, "throughput")
    bench.keep("limit-overload", ratios)
    return goals.row("overload", campaigns.mean_cell(ratios), command, doubts)


def measure(bench):
    yield from rate_rows(bench)
    yield from beside_rows(bench)
    yield overload_row(bench)
