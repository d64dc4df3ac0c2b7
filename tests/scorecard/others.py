"""PocketBase and Glewlwyd: services that others run, beside Postern in the rows that they have (contenders/others).

    with others.running("pocketbase", directory) as server:
        server.process.pid, server.port, server.log_in(), server.who_am_i()     requests, as joust.run takes them
"""

import contextlib
import functools
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import campaigns
import joust
import servers
import services
from rows import MORE, Row, not_measured
from sources import ROOT, Failed
from table import progress

KEYS = ("pocketbase", "glewlwyd")
START_SECONDS = 30
JSON = {"Content-Type": "application/json"}


@functools.cache
def built(key):
    """(the program, "") or (None, why not)"""
    progress(f"building contenders/others/{key}")
    done = subprocess.run([ROOT / "contenders" / "others" / key / "build"], stdout=subprocess.PIPE, text=True, check=False)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode == 0:
        return last, ""
    return None, last.removeprefix("not measured: ") or f"contenders/others/{key}/build failed"


def free_port():
    """It may be taken by somebody else before it is used; neither of the two can be told to choose."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Other:
    """Is started, and waited for until GET `live` is answered 200; `took_ms` says how long that was."""

    live = "/"

    def __init__(self, program, directory, before=()):
        self.program, self.folder = program, Path(directory)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.prepare()
        begun = time.monotonic()
        self.process = subprocess.Popen([*before, *map(str, self.command())], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait(begun + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.took_ms = 1000 * (time.monotonic() - begun)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait(self, until):
        while not self.is_live():
            if self.process.poll() is not None or time.monotonic() > until:
                raise Failed(f"{self.program} did not answer")
            time.sleep(0.0005)

    def is_live(self):
        try:
            return self.ask("GET", self.live)[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def prepare(self):
        """Before it is started."""


class PocketBase(Other):
    live = "/api/health"
    records = "/api/collections/users/records"

    def prepare(self):
        """Without a superuser it opens a browser, where there is one."""
        subprocess.run([self.program, "superuser", "upsert", servers.EMAIL, servers.PASSWORD, f"--dir={self.folder}/data"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def command(self):
        return [self.program, "serve", f"--http=127.0.0.1:{self.port}", f"--dir={self.folder}/data"]

    def register(self):
        account = {"email": servers.EMAIL, "password": servers.PASSWORD, "passwordConfirm": servers.PASSWORD}
        self.ask("POST", self.records, json.dumps(account), JSON)

    def log_in(self):
        body = json.dumps({"identity": servers.EMAIL, "password": servers.PASSWORD}).encode()
        return "POST", "/api/collections/users/auth-with-password", JSON, body

    def who_am_i(self):
        status, _, content = self.ask(*with_body_third(self.log_in()))
        if status != 200:
            raise Failed(f"PocketBase answered a log-in with {status}")
        found = json.loads(content)
        return "GET", f"{self.records}/{found['record']['id']}", {"Authorization": found["token"]}, b""


def with_body_third(request):
    method, path, headers, body = request
    return method, path, body, headers


class Glewlwyd(Other):
    live = "/config"

    def prepare(self):
        root, database = Path(self.program).parents[2], self.folder / "glewlwyd.db"
        if not database.exists():
            schema = root / "usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
            with contextlib.closing(sqlite3.connect(database)) as connection:
                connection.executescript(schema.read_text(encoding="utf-8"))
        text = (ROOT / "contenders/others/glewlwyd/glewlwyd.conf").read_text(encoding="utf-8")
        for name, value in {"PORT": self.port, "DATABASE": database, "ROOT": root}.items():
            text = text.replace(f"@{name}@", str(value))
        (self.folder / "glewlwyd.conf").write_text(text, encoding="utf-8")

    def command(self):
        return [self.program, f"--config-file={self.folder}/glewlwyd.conf"]

    def register(self):
        """The database comes with an administrator."""

    def log_in(self):
        return "POST", "/api/auth/", JSON, json.dumps({"username": "admin", "password": "password"}).encode()

    def who_am_i(self):
        status, headers, _ = self.ask(*with_body_third(self.log_in()))
        if status != 200:
            raise Failed(f"Glewlwyd answered a log-in with {status}")
        return "GET", "/api/profile_list", {"Cookie": headers["Set-Cookie"].split(";")[0]}, b""


CLASSES = {"pocketbase": PocketBase, "glewlwyd": Glewlwyd}


def running(key, directory, before=()):
    """Raises Failed when it cannot be."""
    program, why = built(key)
    if not program:
        raise Failed(why)
    return CLASSES[key](program, Path(directory) / key, before)


# ---- Rows -------------------------------------------------------------------------------------


def rate(bench, server, request, connections):
    """(answers a second on one core, what makes them doubtful), as the five are measured, but alone and not in turns."""
    (view,) = joust.run(bench, {"one": server}, request, "-c", connections, "-d", bench.few(2, 8), "--blocks", bench.few(2, 4),
                        "--warm-up", 0.5, "--timeout", "60s", "--no-body-check", *campaigns.PIN)
    return campaigns.cell(view.analysis["targets"][0]["throughput_requests_per_second"]), campaigns.doubts(view, "throughput")


def both_rates(bench, server, log_in, who_am_i):
    """Few log-ins at a time, since a bcrypt takes as long as ten of the others."""
    return rate(bench, server, log_in, 4), rate(bench, server, who_am_i, 100)


def other_rates(bench, key):
    progress(f"log-ins and who am I, {key}")
    try:
        with running(key, bench.directory, services.PINNED) as server:
            server.register()
            return both_rates(bench, server, server.log_in(), server.who_am_i())
    except (Failed, OSError, SystemExit) as failed:
        return ((not_measured(str(failed)), ()),) * 2


def postern_rates(bench):
    with services.running(("postern",)) as started:
        server = started["postern"]
        return both_rates(bench, server, servers.token_request(), servers.me_request(server.sign_in()))


def rate_rows(bench):
    found = {"postern": postern_rates(bench), **{key: other_rates(bench, key) for key in KEYS}}
    what = (("others-token", "Log-ins, 4 at a time, each with its own hash: argon2id, bcrypt, PBKDF2"),
            ("others-me", "Who am I, 100 connections, each with its own kind of session"))
    for which, (key, text) in enumerate(what):
        doubts = {f"{name}: {doubt}" for name, pair in found.items() for doubt in pair[which][1]}
        cells = {name: pair[which][0] for name, pair in found.items()}
        yield Row(key, "footprint", text, "1/s", MORE, cells, doubts=tuple(sorted(doubts)))
