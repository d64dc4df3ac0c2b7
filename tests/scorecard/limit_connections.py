"""Connections to the limit: renewed every ten requests, and idle; and the start."""

import resource

import campaigns
import goals
import servers
import services
from bench import idle_connections, starts
from campaigns import JSON
from limit_cpu import postern
from rows import Cell
from table import progress

EACH = 10                       # requests
IDLE = 10000


# ---- Renewed ------------------------------------------------------------------------------------


def renewal_arguments(bench, *more):
    return ["-c", 100, *more, "-d", bench.few(0.6, 1.2), "--blocks", 2, "--warm-up", 0.2, "--settle", 0.1,
            "--allow", "ceiling,little,tail", *campaigns.PIN]


def renewal_round(bench, targets, number):
    """The two views, {how: view}, and the command with connections that are renewed."""
    ways = {"kept": (), "renewed": ("--requests-per-connection", EACH)}
    found, command = {}, ""
    for how in (list(ways) if number % 2 else reversed(ways)):
        (found[how],), said = campaigns.run(bench, f"limit-connections-{how}", targets, JSON,
                                            *renewal_arguments(bench, *ways[how]))
        command = said if how == "renewed" else command
    return found, command


def renewal_row(bench):
    """Each service against itself; the contenders' are shown beside Postern's."""
    doubts, command = [], ""
    with services.running() as targets:
        ratios = {name: [] for name in targets}
        for number in range(bench.few(2, 6)):
            found, command = renewal_round(bench, targets, number)
            for name, of_service in ratios.items():
                of_service.append(found["renewed"].rate(name) / found["kept"].rate(name))
            doubts += [doubt for view in found.values() for doubt in campaigns.doubts(view, "throughput")]
    bench.keep("limit-renewal", ratios)
    cells = services.cells({name: campaigns.mean_cell(of_service) for name, of_service in ratios.items()})
    return goals.row("renewal", cells.pop("postern"), command, doubts, cells)


# ---- Idle ---------------------------------------------------------------------------------------


def raise_files():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def idle_row(bench):
    """By how much the private memory of the process that serves grows; the kernel's sockets are not in it."""
    progress(f"{IDLE:,} idle connections")
    raise_files()
    with postern(bench, services.ALL) as server:
        before = servers.memory_kib(server.process.pid)["front"][2]
        connections = idle_connections(server, IDLE)
        bytes_each = (servers.memory_kib(server.process.pid)["front"][2] - before) * 1024 / IDLE
        for connection in connections:
            connection.socket.close()
    return goals.row("idle-connection", Cell(bytes_each), f"{IDLE:,} connections, each asked once")


def start_row(bench):
    """With a database and keys that are there: the first of all is not counted."""
    progress("start")
    times = starts(bench, bench.few(10, 40), "limit-start")[1:]
    bench.keep("limit-start", times)
    return goals.row("start", campaigns.mean_cell(times), f"bench/start {len(times) + 1} postern serve --database sqlite:FILE")


def measure(bench):
    yield renewal_row(bench)
    yield idle_row(bench)
    yield start_row(bench)
