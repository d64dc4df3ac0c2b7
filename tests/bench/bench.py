"""What script/bench measures, and the table that it prints.

Each measurement gives rows (table.py).  Nothing here is a test: a figure that misses its target is printed first, not
failed.  Load comes from joust, which also does the statistics; what is not load is measured here.
"""

import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import joust
import servers
from generators import CLIENT_CPU, SERVER_CPU, STEADY, measure_generator, measure_planted
from table import interval_text, median_row, met, progress, quartile_text, row, table

BEGIN, END = "<!-- figures: written by script/bench --write -->", "<!-- end of figures -->"
CPU_RATE = 5000
FLOOD_NS = 500_000_000          # CPU time after which log-ins are surely under way
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


class Bench:
    def __init__(self, out, quick, directory):
        self.out, self.quick, self.directory = out, quick, directory

    def few(self, quick, full):
        return quick if self.quick else full

    def null(self, *arguments, **more):
        return servers.null_server(self.out, *arguments, **more)

    def postern(self, *arguments, **more):
        return servers.postern(self.out, self.directory, *arguments, **more)

    def script(self, name, request):
        return servers.wrk_script(self.directory, name, *request)


# ---- CPU time a request -----------------------------------------------------------------------


def cpu_campaigns(bench, what, null, postern, request):
    """The closed loop on two cores, and an equal offered rate on one (STEADY)."""
    progress(f"CPU time, {what}")
    targets = {"postern": postern, "do-nothing": null}
    both = ["-t", 1, "--warm-up", bench.few(0.2, 1), "--allow", "answers,ceiling,little,tail"]
    closed = joust.run(bench, targets, request, "-c", 100, "-d", bench.few(2, 10), "--blocks", bench.few(5, 20), "--settle", 0.1,
                       "--pin", f"{SERVER_CPU}:{CLIENT_CPU}", *both)[0]
    steady = joust.run(bench, targets, request, *STEADY, "--rate", CPU_RATE, "-d", bench.few(1, 10),
                       "--blocks", bench.few(5, 50), *both)[0]
    return closed, steady


def cpu_rows(what, goal, closed, steady):
    ratio, low, high = closed.cpu_ratio("postern", "do-nothing")
    inverse = 1 / ratio, 1 / high, 1 / low
    yield row(f"{what}: CPU µs a request",
              f"{closed.cpu_us('postern'):.2f}; do-nothing {closed.cpu_us('do-nothing'):.2f}{closed.doubts()}")
    yield row(f"{what}: do-nothing ÷ postern, CPU", interval_text(inverse, "%.3f") + closed.doubts(),
              f"≥ {goal:.2f}" if goal else "", met(inverse, inverse[0] >= goal) if goal else None)
    difference = tuple(ns / 1000 for ns in steady.cpu_difference_ns("postern", "do-nothing"))
    yield row(f"{what} at {CPU_RATE:,} a second: postern − do-nothing, CPU µs a request",
              f"{interval_text(difference, '%.2f')}; of {steady.cpu_us('postern'):.2f}{steady.doubts()}")


def measure_cpu(bench):
    pinned = {"before": ["taskset", "-c", str(SERVER_CPU)]}
    with bench.null(**pinned) as null, bench.postern("--threads", "1", name="hs", secret=True, **pinned) as hs, \
            bench.postern("--threads", "1", name="es", **pinned) as es:
        hs_me, es_me = servers.me_request(hs.sign_in()), servers.me_request(es.sign_in())
        rows = [("POST /json", servers.json_request(), hs, 0.80), ("GET /users/me, HS256", hs_me, hs, 0.45),
                ("GET /users/me, ES256", es_me, es, None)]
        return [made for what, request, server, goal in rows
                for made in cpu_rows(what, goal, *cpu_campaigns(bench, what, null, server, request))]


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
    count = bench.few(400, 4000)
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
    count = bench.few(400, 5000)
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


def login_rate(bench, server, seconds):
    """The same of log-ins, by all processes of the server."""
    view = joust.run(bench, {"one": server}, servers.token_request(), "-c", 32, "-d", seconds, "--blocks", 2, "--warm-up", 0,
                     "--timeout", "30s", "--ignore", servers.TOKEN_MEMBERS, "--allow", "little,ceiling,tail")[0]
    return view.rate("one"), view.cpu_us("one") / 1000


def measure_logins(bench):
    rounds, seconds = bench.few(2, 20), bench.few(2, 3)
    kept, mapped, logins = [], [], []
    with bench.postern(name="logins", secret=True) as server:
        server.sign_in()
        for number in range(rounds):
            progress(f"log-ins, round {number + 1} of {rounds}")
            kept.append(hash_rate(bench, seconds))
            logins.append(login_rate(bench, server, seconds))
            mapped.append(hash_rate(bench, seconds, "mapped"))
    rates = [login[0] / bare[0] for login, bare in zip(logins, kept)]
    times = [bare[1] / login[1] for login, bare in zip(logins, kept)]
    return [median_row("Log-ins a second ÷ bare hashes a second, all cores", rates, 0.95),
            median_row("CPU a bare hash ÷ CPU a log-in", times, 0.95),
            *(rate_row(*pair) for pair in [("Log-ins", logins), ("Bare hashes, memory kept", kept),
                                           ("Bare hashes, libsodium as it comes", mapped)])]


def rate_row(what, measured):
    return row(what, f"{quartile_text([m[0] for m in measured], '%.1f')} a second, CPU {quartile_text([m[1] for m in measured], '%.2f')} ms each")


# ---- Latency beside log-ins ---------------------------------------------------------------------


def latencies(bench, server, request, seconds):
    """p50, p99 and worst, in µs, of 200 requests a second; at real-time priority, so as not to measure the generator."""
    return joust.run(bench, {"one": server}, request, "-c", 1, "--rate", 200, "-d", seconds, "--blocks", 2, "--warm-up", 0,
                     "--allow", "ceiling,rate,tail", before=first_in_line())[0].latencies_us("one")


def first_in_line():
    may = subprocess.run(["chrt", "-f", "1", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return ["chrt", "-f", "1"] if may else []


class Flood:
    """Log-ins over 32 connections, from the time that they keep the server busy until the end of the block.  `before` is put
    before joust's command: taskset."""

    def __init__(self, bench, server, before=()):
        self.process = subprocess.Popen(
            [*before, *joust.command(bench.out, {"one": server}, servers.token_request(), "-c", 32, "-d", 600, "--blocks", 2,
                                     "--warm-up", 0, "--timeout", "30s", "--ignore", servers.TOKEN_MEMBERS)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = servers.cpu_ns(server.process.pid)
        while servers.cpu_ns(server.process.pid) - before < FLOOD_NS:
            if self.process.poll() is not None:
                raise SystemExit("bench: joust did not flood the server with log-ins")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def latency_row(what, rounds):
    p50, p99, worst = (statistics.median(column) for column in zip(*rounds))
    return row(what, f"p50 {p50:,.0f} µs, p99 {p99:,.0f} µs, worst {worst:,.0f} µs")


def measure_latency(bench):
    rounds, seconds = bench.few(2, 6), bench.few(2, 10)
    idle, busy = [], []
    with bench.postern(name="latency", secret=True) as server:
        request = servers.me_request(server.sign_in())
        for number in range(rounds):
            progress(f"latency, round {number + 1} of {rounds}")
            idle.append(latencies(bench, server, request, seconds))
            with Flood(bench, server):
                busy.append(latencies(bench, server, request, seconds))
    return [latency_row("GET /users/me at 200 a second, idle", idle),
            latency_row("GET /users/me at 200 a second, while log-ins saturate all cores", busy),
            row("p99 beside log-ins ÷ idle p99", quartile_text([b[1] / i[1] for b, i in zip(busy, idle)], "%.1f"))]


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
    return [row("Start to first answer, ms", quartile_text(again[1:], "%.1f")),
            row("The same with a new database and new keys, ms", quartile_text(fresh, "%.1f")),
            row("Stripped binary, bytes", f"{os.path.getsize(stripped):,}")]


# ---- The table ----------------------------------------------------------------------------------

MEASURES = {"cpu": measure_cpu, "instructions": measure_instructions, "calls": measure_calls, "logins": measure_logins,
            "latency": measure_latency,
            "generator": measure_generator, "planted": measure_planted, "memory": measure_memory, "start": measure_start}


def machine():
    model = re.search(r"model name\s*: (.*)", servers.read("/proc/cpuinfo"))
    gcc = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, gcc {gcc}; "
            f"load average at the start {os.getloadavg()[0]:.1f}")


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
    text = (f"`{command}`, {datetime.date.today()}: {about}.\n"
            f"Medians of rounds with their quartiles in (); figures with their 95 % intervals in [].\n\n{table(rows)}")
    print(text)
    if given.write:
        write_page(text)


if __name__ == "__main__":
    main()
