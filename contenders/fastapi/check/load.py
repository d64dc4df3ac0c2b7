"""Shows that hashing does not block the event loop, and that the workers share the load evenly.

    python check/load.py COMMAND …    starts the command on a database of its own, loads it, ends it

A hash that blocked its loop would make every other request of that worker wait for it, so that
GET /health/live would take at least as long as a log-in alone whenever log-ins wait.
Standard library only, Linux.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

Ask = tuple[str, str, bytes, dict[str, str]]

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
USER = b'{"email": "ada@example.com", "password": "correct horse"}'
LIVE: Ask = ("GET", "/health/live", b"", {})
REGISTER: Ask = ("POST", "/register", USER, JSON)
LOG_IN: Ask = ("POST", "/token", b"username=ada%40example.com&password=correct+horse", FORM)
ACTION: Ask = ("POST", "/json", json.dumps({"user_id": 42, "action": "login"}).encode(), JSON)

CONNECTIONS = 100
SECONDS = 5


@contextmanager
def started(command: list[str]) -> Iterator[tuple[str, int]]:
    """The contender's address and process id."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            **os.environ,
            "JWT_SECRET": "a secret of the check, more than 32 bytes",
            "LISTEN": "127.0.0.1:0",
            "DATABASE": f"{directory}/load.db",
        }
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            yield urlsplit(server.stdout.readline().split()[-1]).netloc, server.pid
        finally:
            server.terminate()
            server.wait()


def ask(connection: http.client.HTTPConnection, request: Ask) -> float:
    """How long the answer took, in milliseconds."""
    method, path, body, headers = request
    begin = time.perf_counter()
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status < 300, answer.status
    return (time.perf_counter() - begin) * 1000


@contextmanager
def asking(address: str, request: Ask, connections: int) -> Iterator[None]:
    """Asks again and again on some connections, each from a thread, while the block runs."""
    done = threading.Event()

    def again() -> None:
        connection = http.client.HTTPConnection(address)
        while not done.is_set():
            ask(connection, request)
        connection.close()

    threads = [threading.Thread(target=again) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def times(address: str, request: Ask, count: int) -> list[float]:
    """Of requests each on a connection of its own, so that every worker has its turn."""
    found = []
    for _ in range(count):
        connection = http.client.HTTPConnection(address)
        ask(connection, LIVE)
        found.append(ask(connection, request))
        connection.close()
        time.sleep(0.01)
    return sorted(found)


def workers_of(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in children.split()]


def sockets_of(process: int) -> int:
    descriptors = Path(f"/proc/{process}/fd").iterdir()
    return sum(str(descriptor.readlink()).startswith("socket:") for descriptor in descriptors)


def cpu_seconds_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def each(workers: list[int], measure: Callable[[int], float]) -> list[float]:
    return [measure(worker) for worker in workers]


def show(name: str, found: list[float]) -> None:
    median, late = statistics.median(found), found[int(len(found) * 0.99)]
    print(f"{name:34} median {median:7.2f} ms   p99 {late:7.2f} ms   most {found[-1]:7.2f} ms")


def main() -> None:
    with started(sys.argv[1:]) as (address, process):
        ask(http.client.HTTPConnection(address), REGISTER)
        show("a log-in alone", times(address, LOG_IN, 20))
        show("/health/live alone", times(address, LIVE, 200))
        with asking(address, LOG_IN, 16):
            show("/health/live with 16 log-ins", times(address, LIVE, 200))
        workers = workers_of(process)
        sockets, cpu = each(workers, sockets_of), each(workers, cpu_seconds_of)
        with asking(address, ACTION, CONNECTIONS):
            time.sleep(SECONDS)
            opened = [
                now - before for now, before in zip(each(workers, sockets_of), sockets, strict=True)
            ]
        spent = zip(each(workers, cpu_seconds_of), cpu, strict=True)
        used = [round(now - before, 2) for now, before in spent]
        print(f"of {CONNECTIONS} connections each worker has {opened}, CPU seconds {used}")


main()
