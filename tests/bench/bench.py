"""What script/bench measures, and the table that it prints.

Each measurement gives rows: what, figure, target (or none), whether the target was met.  Nothing here is a test: a figure
that misses its target is printed first, not failed.
"""

import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import servers

SERVER_CPU, CLIENT_CPU = 0, 1
BEGIN, END = "<!-- figures: written by script/bench --write -->", "<!-- end of figures -->"
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


class Bench:
    def __init__(self, out, quick, directory):
        self.out, self.quick, self.directory = out, quick, directory

    def few(self, quick, full):
        return quick if self.quick else full

    def null(self, **more):
        return servers.null_server(self.out, **more)

    def postern(self, *arguments, **more):
        return servers.postern(self.out, self.directory, *arguments, **more)

    def script(self, name, request):
        return servers.wrk_script(self.directory, name, *request)


def row(what, figure, target="", met=None):
    return what, figure, target, met


def progress(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def spread(values, form):
    middle, low, high = quartiles(values)
    return f"{form % middle} ({form % low} to {form % high})"


def ratio_row(what, ratios, target, more=""):
    middle = statistics.median(ratios)
    return row(what, spread(ratios, "%.3f") + more, f"≥ {target:.2f}", middle >= target)


# ---- CPU time a request -----------------------------------------------------------------------


class Target:
    """One request at one server."""

    def __init__(self, bench, name, server, request):
        self.server, self.path, self.us = server, request[1], []
        self.script = bench.script(name, request)

    def round(self, seconds):
        before = servers.cpu_ns(self.server.process.pid)
        requests, _ = servers.wrk(self.server, self.path, self.script, seconds, 100, CLIENT_CPU)
        self.us.append((servers.cpu_ns(self.server.process.pid) - before) / requests / 1000)


def interleave(targets, rounds, seconds):
    """Round after round, every other one backwards: what drifts meets all alike."""
    for target in targets:
        target.round(seconds)
        target.us.clear()
    for number in range(rounds):
        progress(f"CPU time, round {number + 1} of {rounds}")
        for target in reversed(targets) if number % 2 else targets:
            target.round(seconds)


def measure_cpu(bench):
    pinned = {"before": ["taskset", "-c", str(SERVER_CPU)]}
    with bench.null(**pinned) as null, bench.postern("--threads", "1", name="hs", secret=True, **pinned) as hs, \
            bench.postern("--threads", "1", name="es", **pinned) as es:
        hs_me, es_me = servers.me_request(hs.sign_in()), servers.me_request(es.sign_in())
        rows = [("POST /json", servers.json_request(), hs, 0.80), ("GET /users/me, HS256", hs_me, hs, 0.45),
                ("GET /users/me, ES256", es_me, es, None)]
        pairs = [(what, goal, Target(bench, f"null{i}", null, request), Target(bench, f"postern{i}", server, request))
                 for i, (what, request, server, goal) in enumerate(rows)]
        interleave([target for pair in pairs for target in pair[2:]], bench.few(5, 20), 1)
    return [made for pair in pairs for made in cpu_rows(*pair)]


def cpu_rows(what, goal, null, postern):
    ratios = [a / b for a, b in zip(null.us, postern.us)]
    yield row(f"{what}: CPU µs a request", f"{spread(postern.us, '%.2f')}; do-nothing {spread(null.us, '%.2f')}")
    if goal:
        yield ratio_row(f"{what}: do-nothing ÷ postern, CPU", ratios, goal)
    else:
        yield row(f"{what}: do-nothing ÷ postern, CPU", spread(ratios, "%.3f"))


# ---- Instructions and system calls a request ---------------------------------------------------


def ask_times(server, request, count):
    connection = servers.Connection(server.port)
    raw = servers.raw_request(*request)
    for _ in range(count):
        connection.ask(raw)


def instructions(bench, start, request_of, count):
    """Of a whole run with `count` requests."""
    output = f"{bench.directory}/callgrind"
    before = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={output}"]
    with start(before=before) as server:
        ask_times(server, request_of(server), count)
    return int(re.search(r"^(?:totals|summary): (\d+)", servers.read(output), re.M).group(1))


def instruction_row(bench, what, start, request_of, count):
    progress(f"instructions, {what}")
    once, twice = (instructions(bench, start, request_of, n) for n in (count, 2 * count))
    return row(f"{what}: instructions a request, user space", f"{(twice - once) / count:,.0f}")


def measure_instructions(bench):
    single = ["--single-process", "--no-sandbox", "--threads", "1", "--hash-memory", "8", "--hash-passes", "1"]

    def hs(before):
        return bench.postern(*single, name="counted-hs", secret=True, before=before)

    def es(before):
        return bench.postern(*single, name="counted-es", before=before)

    def json(_):
        return servers.json_request()

    def me(server):
        return servers.me_request(server.sign_in())

    for start in (hs, es):
        with start(()) as server:
            server.sign_in()
    count = bench.few(1000, 4000)
    return [instruction_row(bench, "do-nothing", bench.null, json, count),
            instruction_row(bench, "POST /json", hs, json, count),
            instruction_row(bench, "GET /users/me, HS256", hs, me, count),
            instruction_row(bench, "GET /users/me, ES256", es, me, count)]


def serving_pid(server):
    return next((pid for pid in servers.tree(server.process.pid) if servers.role(pid) == "front"), server.process.pid)


def system_calls(bench, server, request, count):
    """{call: how often} while `count` requests are asked."""
    output = f"{bench.directory}/strace"
    tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", output, "-p", str(serving_pid(server))],
                              stderr=subprocess.PIPE, text=True)
    if "attached" not in tracer.stderr.readline():
        tracer.wait()
        return None
    ask_times(server, request, count)
    tracer.send_signal(2)
    tracer.wait()
    return {name: int(times) for times, name in re.findall(r"^ *(\d+) (\w+)$", servers.read(output), re.M)}


def call_row(bench, what, server, request, count):
    progress(f"system calls, {what}")
    once, twice = (system_calls(bench, server, request, n) for n in (count, 2 * count))
    if once is None or twice is None:
        return row(f"{what}: system calls a request", "strace may not attach here (it needs root)")
    each = {name: (twice.get(name, 0) - once.get(name, 0)) / count for name in twice if name != "total"}
    text = ", ".join(f"{name} {times:.2f}" for name, times in sorted(each.items()) if times >= 0.005)
    return row(f"{what}: system calls a request, one connection", f"{sum(each.values()):.2f} ({text})")


def measure_calls(bench):
    count = bench.few(1000, 5000)
    with bench.null() as null, bench.postern("--threads", "1", name="traced", secret=True) as hs:
        me = servers.me_request(hs.sign_in())
        return [call_row(bench, "do-nothing", null, servers.json_request(), count),
                call_row(bench, "POST /json", hs, servers.json_request(), count),
                call_row(bench, "GET /users/me, HS256", hs, me, count)]


# ---- Log-ins ----------------------------------------------------------------------------------


def hash_rate(bench, seconds, *how):
    """Hashes a second, and CPU milliseconds a hash."""
    done = subprocess.run([f"{bench.out}/bench/bench_hash", str(os.cpu_count()), str(seconds), *how], capture_output=True,
                          text=True, check=True)
    rate, cpu_ms = map(float, done.stdout.split())
    return rate, cpu_ms


def login_rate(server, script, seconds):
    """The same of log-ins, by all processes of the server."""
    before = servers.cpu_ns(server.process.pid)
    requests, rate = servers.wrk(server, "/token", script, seconds, 32)
    return rate, (servers.cpu_ns(server.process.pid) - before) / requests / 1e6


def measure_logins(bench):
    rounds, seconds = bench.few(3, 20), bench.few(2, 3)
    script = bench.script("token", servers.token_request())
    kept, mapped, logins = [], [], []
    with bench.postern(name="logins", secret=True) as server:
        server.sign_in()
        login_rate(server, script, 1)
        for number in range(rounds):
            progress(f"log-ins, round {number + 1} of {rounds}")
            kept.append(hash_rate(bench, seconds))
            logins.append(login_rate(server, script, seconds))
            mapped.append(hash_rate(bench, seconds, "mapped"))
    rates = [login[0] / bare[0] for login, bare in zip(logins, kept)]
    times = [bare[1] / login[1] for login, bare in zip(logins, kept)]
    return [ratio_row("Log-ins a second ÷ bare hashes a second, all cores", rates, 0.95),
            ratio_row("CPU a bare hash ÷ CPU a log-in", times, 0.95),
            *(rate_row(*pair) for pair in [("Log-ins", logins), ("Bare hashes, memory kept", kept),
                                           ("Bare hashes, libsodium as it comes", mapped)])]


def rate_row(what, measured):
    return row(what, f"{spread([m[0] for m in measured], '%.1f')} a second, CPU {spread([m[1] for m in measured], '%.2f')} ms each")


# ---- Latency beside log-ins ---------------------------------------------------------------------


def probe(bench, server, request, seconds):
    """(p50, p99, worst) in µs of 200 requests a second."""
    done = subprocess.run([f"{bench.out}/bench/probe", str(server.port), "200", str(seconds)], input=request,
                          stdout=subprocess.PIPE, check=True)
    latencies = sorted(float(line) for line in done.stdout.split())
    return latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)], latencies[-1]


def latency_row(what, rounds):
    p50, p99, worst = (statistics.median(column) for column in zip(*rounds))
    return row(what, f"p50 {p50:,.0f} µs, p99 {p99:,.0f} µs, worst {worst:,.0f} µs")


def measure_latency(bench):
    rounds, seconds = bench.few(2, 6), bench.few(3, 8)
    script = bench.script("flood", servers.token_request())
    idle, busy = [], []
    with bench.postern(name="latency", secret=True) as server:
        request = servers.raw_request(*servers.me_request(server.sign_in()))
        for number in range(rounds):
            progress(f"latency, round {number + 1} of {rounds}")
            idle.append(probe(bench, server, request, seconds))
            flood = subprocess.Popen(["wrk", "-t1", "-c32", f"-d{seconds + 2}s", "--timeout", "30s", "-s", script,
                                      f"http://127.0.0.1:{server.port}/token"], stdout=subprocess.DEVNULL)
            subprocess.run(["sleep", "0.5"], check=True)
            busy.append(probe(bench, server, request, seconds))
            flood.wait()
    return [latency_row("GET /users/me at 200 a second, idle", idle),
            latency_row("GET /users/me at 200 a second, while log-ins saturate all cores", busy),
            row("p99 beside log-ins ÷ idle p99", spread([b[1] / i[1] for b, i in zip(busy, idle)], "%.1f"))]


# ---- Memory -----------------------------------------------------------------------------------


def memory_row(what, memory):
    text = "; ".join(f"{name} {rss / 1024:.1f} / {pss / 1024:.1f}" for name, (rss, pss, _) in sorted(memory.items()))
    return row(f"Memory, {what}: RSS / PSS in MiB", f"{text}; together {sum(m[1] for m in memory.values()) / 1024:.1f} PSS")


def idle_connections(server, count):
    """Each has been asked something on, so that it is between two requests; from several addresses, since one may have half."""
    request = servers.raw_request(*servers.json_request())
    made = []
    for number in range(count):
        made.append(servers.Connection(server.port, f"127.0.0.{2 + number % 4}"))
        made[-1].ask(request)
    return made


def measure_memory(bench):
    progress("memory")
    count = 10000
    with bench.postern(name="memory", secret=True) as server:
        pid = server.process.pid
        idle = servers.memory_kib(pid)
        token = server.sign_in()
        after = servers.memory_kib(pid)
        ask_times(server, servers.me_request(token), 100)
        before = servers.memory_kib(pid)["front"]
        connections = idle_connections(server, count)
        full = servers.memory_kib(pid)
        bytes_each = (full["front"][2] - before[2]) * 1024 / count
        for connection in connections:
            connection.socket.close()
    return [memory_row("idle", idle), memory_row("after the first log-in", after),
            memory_row(f"with {count:,} idle connections", full),
            row("Bytes of user space an idle connection", f"{bytes_each:.0f}")]


# ---- Start and size -----------------------------------------------------------------------------


def starts(bench, count, name):
    done = subprocess.run([f"{bench.out}/bench/start", str(count), f"{bench.out}/postern", "serve", "--listen", "127.0.0.1:0",
                           "--database", f"sqlite:{bench.directory}/{name}.db"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def measure_start(bench):
    progress("start")
    fresh = [starts(bench, 1, f"fresh{number}")[0] for number in range(bench.few(3, 10))]
    again = starts(bench, bench.few(10, 40), "again")
    stripped = f"{bench.directory}/stripped"
    subprocess.run(["strip", "-o", stripped, f"{bench.out}/postern"], check=True)
    return [row("Start to first answer, ms", spread(again[1:], "%.1f")),
            row("The same with a new database and new keys, ms", spread(fresh, "%.1f")),
            row("Stripped binary, bytes", f"{os.path.getsize(stripped):,}")]


# ---- The table ----------------------------------------------------------------------------------

MEASURES = {"cpu": measure_cpu, "instructions": measure_instructions, "calls": measure_calls, "logins": measure_logins,
            "latency": measure_latency, "memory": measure_memory, "start": measure_start}


def machine():
    model = re.search(r"model name\s*: (.*)", servers.read("/proc/cpuinfo"))
    gcc = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, gcc {gcc}; "
            f"load average at the start {os.getloadavg()[0]:.1f}")


def table(rows):
    """Those that miss a target come first."""
    ordered = sorted(rows, key=lambda r: r[3] is not False)
    verdict = {None: "", True: "met", False: "**missed**"}
    lines = ["| what | figure | target | |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {what} | {figure} | {target} | {verdict[met]} |" for what, figure, target, met in ordered])


def write_page(text):
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN, 1)
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--out", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--only", metavar="LIST", default=",".join(MEASURES), help=f"of {', '.join(MEASURES)}")
    given = parser.parse_args()
    given.only = given.only.split(",")
    if set(given.only) - set(MEASURES):
        parser.error(f"--only takes {', '.join(MEASURES)}")
    if os.cpu_count() < 2 and "cpu" in given.only:
        parser.error("a core for the server and one for the generator are needed")
    return given


def main():
    given = arguments()
    about = machine()
    directory = tempfile.mkdtemp(prefix="postern-bench-")
    try:
        bench = Bench(given.out, given.quick, directory)
        rows = [made for name in given.only for made in MEASURES[name](bench)]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    command = "script/bench" + " --quick" * given.quick
    text = f"`{command}`, {datetime.date.today()}: {about}.\nMedians; in brackets the quartiles of the rounds.\n\n{table(rows)}"
    print(text)
    if given.write:
        write_page(text)


if __name__ == "__main__":
    main()
