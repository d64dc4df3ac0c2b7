"""joust itself, measured: beside wrk and h2load, and against a cost that is known because it was planted."""

import os
import re
import signal
import statistics
import subprocess
import time

import joust
import servers
from table import interval_text, median_interval_text, met, progress, quartile_text, row

SERVER_CPU, CLIENT_CPU = 0, 1
# For small differences of CPU time at an equal offered rate: server and generator take turns on one core, so that a request is
# a switch between two processes and not a core that is woken, and no server finds more than one request at a time.
STEADY = ["-c", 16, "--settle", 0.02, "--pin", f"{SERVER_CPU}:{SERVER_CPU}"]
PLANTED_NS, PLANTED_LIMIT_NS, PLANTED_RATE = 500, 50, 10000
AGREE = 0.03
GENERATORS = ("joust", "wrk", "h2load")


# ---- Beside other generators ----------------------------------------------------------------


def child(arguments):
    """What it printed, and the CPU seconds that the kernel charged it with."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    printed = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: {arguments[0]} ended with {process.returncode}:\n{printed}")
    return printed, used.ru_utime + used.ru_stime


def number(pattern, printed):
    found = re.search(pattern, printed)
    if not found:
        raise SystemExit(f"bench: no figure in:\n{printed}")
    return float(found.group(1))


class Race:
    """One request at one server from several generators; each gives requests a second and CPU µs a request."""

    def __init__(self, bench, server, connections, seconds):
        self.bench, self.server, self.connections, self.seconds = bench, server, connections, seconds
        self.request = servers.json_request()
        self.script = bench.script("race", self.request)
        self.body = f"{bench.directory}/race.json"
        self.url = f"http://127.0.0.1:{server.port}{self.request[1]}"
        self.pinned = ["taskset", "-c", str(CLIENT_CPU)]
        with open(self.body, "wb") as file:
            file.write(self.request[3])

    def joust(self):
        """Its CPU time is that of its driving thread within the windows: before them it measures its ceiling."""
        view = joust.run(self.bench, {"one": self.server}, self.request, "-c", self.connections, "-t", 1, "-d", self.seconds,
                         "--blocks", 2, "--warm-up", 0, "--allow", "ceiling,little,tail", before=self.pinned)[0]
        return view.rate("one"), view.generator_us()

    def wrk(self):
        printed, cpu = child([*self.pinned, "wrk", "-t1", f"-c{self.connections}", f"-d{self.seconds}s", "-s", self.script, self.url])
        return number(r"Requests/sec: *([\d.]+)", printed), cpu / number(r"(\d+) requests in", printed) * 1e6

    def h2load(self):
        printed, cpu = child([*self.pinned, "h2load", "--h1", "-t1", f"-c{self.connections}", f"-D{self.seconds}", "-d", self.body,
                              "-H", "Content-Type: application/json", self.url])
        return number(r", ([\d.]+) req/s", printed), cpu / number(r"(\d+) succeeded", printed) * 1e6

    def round(self, order):
        return {name: getattr(self, name)() for name in order}


def order(names, turn):
    """All rotations forwards, then all backwards: each stands equally often in each place and behind each other."""
    turned = [*names[turn % len(names):], *names[:turn % len(names)]]
    return turned[::-1] if turn // len(names) % 2 else turned


def race(what, racing, names, rounds):
    measured = []
    for turn in range(rounds):
        progress(f"{what}, round {turn + 1} of {rounds}")
        measured.append(racing.round(order(names, turn)))
    return measured


def generator_row(name, measured):
    rates, times = zip(*(m[name] for m in measured))
    return row(f"{name}: requests a second; its own CPU µs a request",
               f"{quartile_text(rates, '%.0f')}; {quartile_text(times, '%.2f')}")


def ahead_rows(other, measured):
    rates = [m["joust"][0] / m[other][0] for m in measured]
    times = [m["joust"][1] / m[other][1] for m in measured]
    return [row(f"joust ÷ {other}: requests a second", quartile_text(rates, "%.3f"), "> 1", statistics.median(rates) > 1),
            row(f"joust ÷ {other}: generator's CPU a request", quartile_text(times, "%.3f"), "< 1",
                statistics.median(times) < 1)]


def measure_generator(bench):
    seconds, rounds = bench.few(1, 2), bench.few(3, 12)
    pinned = ["taskset", "-c", str(SERVER_CPU)]
    with bench.null(before=pinned) as null, bench.null("--work", "20us", before=pinned) as busy:
        measured = race("generators", Race(bench, null, 100, seconds), GENERATORS, rounds)
        agreeing = race("joust beside wrk", Race(bench, busy, 16, seconds), GENERATORS[:2], bench.few(2, 12))
    ratios = [m["joust"][0] / m["wrk"][0] for m in agreeing]
    return [*(generator_row(name, measured) for name in GENERATORS), *ahead_rows("wrk", measured), *ahead_rows("h2load", measured),
            row("joust ÷ wrk: throughput of a server that takes 20 µs a request", quartile_text(ratios, "%.3f"),
                f"1 ± {AGREE}", abs(statistics.median(ratios) - 1) <= AGREE)]


# ---- A planted cost -----------------------------------------------------------------------


class Batches:
    """Requests that a stopped server finds all at once when it goes on: each batch is one turn of its loop, and the only
    thing that differs between two servers is what they do for a request."""

    SIZE = 200

    def __init__(self, server):
        self.pid, self.ns = server.process.pid, []
        self.connections = [servers.Connection(server.port) for _ in range(self.SIZE)]
        self.request = servers.raw_request(*servers.json_request())

    def wait_for(self, states):
        while servers.read(f"/proc/{self.pid}/stat").rsplit(")", 1)[1].split()[0] not in states:
            time.sleep(0.0002)

    def once(self):
        os.kill(self.pid, signal.SIGSTOP)
        self.wait_for("T")
        for connection in self.connections:
            connection.socket.sendall(self.request)
        before = servers.cpu_ns(self.pid)
        os.kill(self.pid, signal.SIGCONT)
        for connection in self.connections:
            connection.socket.recv(65536)
        self.wait_for("S")
        self.ns.append((servers.cpu_ns(self.pid) - before) / self.SIZE)


def true_extra_ns(plain, busy, count):
    """What a request costs the busy one more, in pairs of batches, one after the other and every other pair backwards."""
    pair = Batches(plain), Batches(busy)
    for turn in range(count):
        for batches in reversed(pair) if turn % 2 else pair:
            batches.once()
    return [b - a for a, b in zip(pair[0].ns, pair[1].ns)]


def planted_row(view):
    found = view.cpu_difference_ns("busy", "plain")
    return row(f"{PLANTED_NS} ns planted in the do-nothing server: joust finds, ns of CPU a request",
               f"{interval_text(found, '%.0f')}{view.doubts()}; of {view.cpu_us('plain') * 1000:,.0f}",
               f"{PLANTED_NS} ± {PLANTED_LIMIT_NS}", met(found, abs(found[0] - PLANTED_NS) <= PLANTED_LIMIT_NS))


def measure_planted(bench):
    progress("a planted cost")
    pinned = ["taskset", "-c", str(SERVER_CPU)]
    with bench.null(before=pinned) as plain, bench.null("--work", f"{PLANTED_NS}ns", before=pinned) as busy:
        extra = true_extra_ns(plain, busy, bench.few(100, 1500))
        view = joust.run(bench, {"busy": busy, "plain": plain}, servers.json_request(), *STEADY, "-t", 1, "--rate", PLANTED_RATE,
                         "-d", bench.few(3, 25), "--blocks", bench.few(20, 200), "--warm-up", 0.2, "--allow", "ceiling,tail")[0]
    return [planted_row(view), row(f"The same in batches of {Batches.SIZE} requests, by the server's own clock, ns",
                                   median_interval_text(extra, "%.0f"))]
