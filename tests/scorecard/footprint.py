"""What each service takes of a machine: memory, the time until it answers, room on the disk.

Memory is what the kernel counts of the whole process tree: PSS, so that what several share is counted once.  Each service is
alone while it is looked at, on one core with one loop or worker, since each more costs more.
"""

import contextlib
import json
import os
import resource
import subprocess
import threading
from pathlib import Path

import campaigns
import joust
import others
import servers
import services
import sizes
from rows import LESS, Row, not_measured
from sources import Failed, median_cell
from table import progress

CONNECTIONS = 10_000
SOURCES = 4                     # addresses: one has some 28,000 ports, and shares them with what was closed lately
SPARE_FILES = 500
HEALTH = servers.raw_request("GET", "/health/live", {})
KIB = 1024


def tried(work, *arguments):
    try:
        return work(*arguments)
    except (Failed, OSError, SystemExit, subprocess.CalledProcessError) as failed:
        return not_measured(str(failed))


def cells_of(work, bench, *more):
    """{service: what `work` finds}, of all that are there."""
    found = {}
    for key in services.KEYS:
        why = services.why_not(key)
        found[key] = not_measured(why) if why else tried(work, bench, key, *more)
    return found


# ---- Memory -----------------------------------------------------------------------------------


def memory(pid, *names):
    """KiB of a process tree.  What ends while it is looked at is not in it."""
    total = 0
    for process in servers.tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in servers.read(f"/proc/{process}/smaps_rollup").splitlines():
                if line.split(":")[0] in names:
                    total += int(line.split()[1])
    return total


def pss(pid):
    return memory(pid, "Pss")


def private(pid):
    return memory(pid, "Private_Clean", "Private_Dirty")


@contextlib.contextmanager
def fresh(bench, key, number):
    """Alone, with an empty database, on one core."""
    directory = Path(bench.directory) / f"footprint-{key}-{number}"
    directory.mkdir()
    with services.start(key, directory) as server:
        yield server


def idle_cell(bench, key):
    found = []
    for number in range(bench.few(1, 3)):
        with fresh(bench, key, f"idle{number}") as server:
            server.ask("GET", "/health/live")
            found.append(pss(server.process.pid) / KIB)
    return median_cell(found, "it hashes once when it starts, and keeps that memory" if key.startswith("axum") else "")


class Highest(threading.Thread):
    """The most memory that a process tree is seen to have."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.kib, self.ended = pid, 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.1):
            self.kib = max(self.kib, pss(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def load(bench, server, kind, token):
    joust.run(bench, {"one": server}, kind.request(token), *kind.more, "-c", 100, "-d", bench.few(1, 4), "--blocks", 2,
              "--warm-up", 0, *campaigns.PIN)


def loaded_cell(bench, key):
    found = []
    for number in range(bench.few(1, 3)):
        with fresh(bench, key, f"load{number}") as server:
            token = server.sign_in()
            with Highest(server.process.pid) as highest:
                load(bench, server, campaigns.ME, token)
                load(bench, server, campaigns.TOKEN, token)
            found.append(highest.kib / KIB)
    return median_cell(found)


# ---- Idle connections -------------------------------------------------------------------------


def raise_limit():
    """The servers inherit it.  How many connections one process can hold then."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(CONNECTIONS, hard - SPARE_FILES)


def hold(server, count, held):
    """Connections that were asked something once go into `held`, until there are so many, or one fails."""
    for number in range(count):
        try:
            connection = servers.Connection(server.port, f"127.0.0.{2 + number % SOURCES}")
            held.append(connection)
            connection.ask(HEALTH)
        except (OSError, SystemExit):
            return number
    return count


def connection_cell(bench, key, count):
    progress(f"{count:,} idle connections, {key}")
    held, warm = [], []
    with fresh(bench, key, "connections") as server:
        hold(server, 100, warm)
        for _ in range(10):
            for connection in warm:
                connection.ask(HEALTH)
        before = private(server.process.pid)
        reached = hold(server, count, held)
        grown = (private(server.process.pid) - before) * KIB
        for connection in warm + held:
            connection.socket.close()
    if reached < count:
        return not_measured(f"it held {reached:,} of {count:,} connections, at {grown / max(1, reached):.0f} bytes each")
    return median_cell([grown / reached])


# ---- Start ------------------------------------------------------------------------------------


def start_command(key, database):
    """(command, environment, folder)"""
    service, told = services.SERVICES[key], {"JWT_SECRET": servers.SECRET, "PATH": os.environ["PATH"]}
    if key == "postern":
        command = [f"{services.OUT}/postern", "serve", "--listen", "127.0.0.1:0", "--database", f"sqlite:{database}"]
        return command, told, services.ROOT
    folder = services.ROOT / service.folder
    told |= {"LISTEN": "127.0.0.1:0", "DATABASE": str(database)}
    return json.loads((folder / "forms.json").read_text())[service.form], told, folder


def starts(bench, key):
    """Milliseconds, with a database that is there."""
    command, told, folder = start_command(key, Path(bench.directory) / f"start-{key}.db")
    done = subprocess.run([f"{services.OUT}/bench/start", str(1 + bench.few(3, 10)), *command], env=told, cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return [float(line) for line in done.stdout.split()][1:]


def start_cell(bench, key):
    progress(f"start, {key}")
    return median_cell(starts(bench, key))


# ---- Beside them ------------------------------------------------------------------------------


def other_starts(bench, key):
    """(memory idle, start): each start gives both."""
    found = []
    for _ in range(1 + bench.few(3, 10)):
        with others.running(key, bench.directory) as server:
            found.append((pss(server.process.pid) / KIB, server.took_ms))
    return found[1:]


def other_cells(bench):
    """{service: (memory idle, start, size)}"""
    result = {}
    for key in others.KEYS:
        progress(f"memory, start, size, {key}")
        try:
            found = other_starts(bench, key)
            result[key] = *(median_cell([each[which] for each in found]) for which in (0, 1)), sizes.other_cell(key)
        except (Failed, OSError) as failed:
            result[key] = (not_measured(str(failed)),) * 3
    return result


# ---- All --------------------------------------------------------------------------------------


def memory_rows(bench, beside):
    progress("memory, idle and under load")
    yield Row("memory-idle", "footprint", "Memory, idle, before the first log-in (PSS)", "MiB", LESS,
              cells_of(idle_cell, bench) | {key: cells[0] for key, cells in beside.items()})
    yield Row("memory-load", "footprint", "Memory under load: 100 connections, first who am I, then log-ins (highest PSS)", "MiB",
              LESS, cells_of(loaded_cell, bench))


def connection_row(bench):
    count = raise_limit()
    doubts = () if count == CONNECTIONS else (f"only {count:,} connections: the limit on open files is lower here",)
    return Row("memory-connection", "footprint", f"Memory for each of {count:,} idle connections, in user space", "bytes", LESS,
               cells_of(connection_cell, bench, count), "", doubts)


def measure(bench):
    beside = other_cells(bench)
    yield from memory_rows(bench, beside)
    yield connection_row(bench)
    yield Row("start", "footprint", "Start to first answer", "ms", LESS,
              cells_of(start_cell, bench) | {key: cells[1] for key, cells in beside.items()}, "build/release/bench/start 10 …")
    yield Row("size", "footprint", "Size installed: program, stripped, and shared libraries beyond libc", "MiB", LESS,
              cells_of(sizes.cell, bench) | {key: cells[2] for key, cells in beside.items()})
    yield from others.rate_rows(bench)
