"""The sources of each service, copied into a folder of their own, where they are built anew, edited, and served.

    copy = Copy(axum("axum-same"), directory)
    copy.build()                        seconds
    copy.rebuild(1)                     seconds from an edit to the edited handler's answer

Nothing in the repository or in build/ is touched, and no earlier build helps.
"""

import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rows import Cell

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))
import servers  # noqa: E402

ASKED_ID = 42
OUT = "out"                     # where a copy is built, in its folder


class Failed(Exception):
    """Whatever was run said no: with its last words."""

    def __init__(self, why, status=None, seconds=None):
        super().__init__(why)
        self.status, self.seconds = status, seconds


def run(command, folder, **environment):
    """In seconds."""
    begun = time.monotonic()
    done = subprocess.run([str(word) for word in command], cwd=folder, env={**os.environ, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    took = time.monotonic() - begun
    if done.returncode != 0:
        last = re.sub(r"(/[\w.+-]+)+/", "", (done.stdout.strip().splitlines() or [""])[-1])[-300:]     # no folder of this machine
        raise Failed(f"{Path(command[0]).name} ended with {done.returncode}: {last}", done.returncode, took)
    return took


def has(program):
    return shutil.which(program) is not None


def median_cell(values, note=""):
    """The median, and the interval of it that the sign test gives, or the least and the greatest of few."""
    ordered, half = sorted(values), round(0.98 * len(values) ** 0.5)
    middle = len(ordered) // 2
    low, high = ordered[max(0, middle - half)], ordered[min(len(ordered) - 1, middle + half)]
    return Cell(statistics.median(ordered), low, high, note) if len(ordered) > 1 else Cell(ordered[0], note=note)


# ---- How each is built and served -------------------------------------------------------------


@dataclass(frozen=True)
class Stack:
    """`build` gives (command, environment) of a build in a copy, `serve` those of its service; `needs`: programs.  `handler`: a
    file, and the text in it, once there, behind which a number is added to what POST /json answers as user_id."""

    key: str
    folder: str                 # of the repository
    copied: tuple[str, ...]
    needs: tuple[str, ...]
    build: object
    serve: object
    handler: tuple[str, str]


def jobs():
    return f"-j{os.cpu_count()}"


def make(kind):
    return lambda copy: (["make", "-s", jobs(), f"BUILD={kind}", f"OUT={OUT}", f"{OUT}/postern"], {})


def serve_postern(copy):
    command = [copy / OUT / "postern", "serve", "--listen", "127.0.0.1:0", "--database", f"sqlite:{copy}/accounts.db"]
    return [*command, "--bench-endpoint", "--threads", "1"], {"JWT_SECRET": servers.SECRET}


def contender(copy):
    return {"JWT_SECRET": servers.SECRET, "LISTEN": "127.0.0.1:0", "DATABASE": f"{copy}/accounts.db", "WORKERS": "1"}


FORMS = {"axum": ["--bin", "accounts"],
         "axum-same": ["--no-default-features", "--features", "same-technique", "--bin", "accounts-same-technique"]}


def cargo(key, *how):
    """Offline: what the network costs is counted where a bare machine is."""
    return lambda copy: (["cargo", *how, "--locked", "--offline", "--quiet", *FORMS[key]], {"CARGO_TARGET_DIR": str(copy / OUT)})


def serve_axum(key, profile):
    return lambda copy: ([copy / OUT / profile / FORMS[key][-1]], contender(copy))


def install(copy):
    return ["./build"], {"OUT": str(copy / OUT)}


def serve_fastapi(module):
    return lambda copy: ([copy / OUT / "bin" / "python", "-m", module], contender(copy))


def postern(kind="release"):
    return Stack("postern", "", ("Makefile", "src", "script"), ("make", "cc"), make(kind), serve_postern,
                 ("src/auth/operations.c", "out->user_id = in->user_id"))


def axum(key, profile="release"):
    how = ["build", "--release"] if profile == "release" else ["build"]
    return Stack(key, "contenders/axum", ("Cargo.toml", "Cargo.lock", "build.rs", "src"), ("cargo", "cc"), cargo(key, *how),
                 serve_axum(key, profile), ("src/api.rs", "    Json(ActionResponse {\n        user_id: user_id"))


def fastapi(key):
    module, text = {"fastapi": ("orm", "ActionResponse(user_id=action.user_id"),
                    "fastapi-same": ("direct", '{"user_id": action.user_id')}[key]
    return Stack(key, "contenders/fastapi", ("build", "requirements.lock", "pyproject.toml", "service"), (), install,
                 serve_fastapi(f"service.{module}"), (f"service/{module}.py", text))


# ---- A copy -----------------------------------------------------------------------------------


class Copy:
    def __init__(self, stack, directory, name=None):
        self.stack, self.folder = stack, Path(directory).resolve() / (name or f"copy-{stack.key}")
        self.folder.mkdir(parents=True)
        for each in stack.copied:
            source = ROOT / stack.folder / each
            if source.is_dir():
                shutil.copytree(source, self.folder / each, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, self.folder / each)
        self.link_lists()
        self.prepare_handler()

    def link_lists(self):
        """What the Makefile takes out of build/, where script/packages.sh put it."""
        if (ROOT / "build" / "lists").exists():
            (self.folder / "build").mkdir()
            (self.folder / "build" / "lists").symlink_to(ROOT / "build" / "lists")

    def prepare_handler(self):
        """Rust's shorthand leaves no place for an edit: it is written out first."""
        self.handler = self.folder / self.stack.handler[0]
        text = self.handler.read_text(encoding="utf-8")
        text = text.replace("    Json(ActionResponse {\n        user_id,", "    Json(ActionResponse {\n        user_id: user_id,")
        if text.count(self.stack.handler[1]) != 1:
            raise Failed(f"{self.stack.handler[0]} has not one {self.stack.handler[1]!r}")
        self.text = text

    def edit(self, number):
        """What POST /json answers as user_id is now so much more."""
        here = self.stack.handler[1]
        self.handler.write_text(self.text.replace(here, f"{here} + {number}"), encoding="utf-8")

    def build(self):
        """In seconds."""
        command, environment = self.stack.build(self.folder)
        return run(command, self.folder, **environment)

    def clean(self):
        shutil.rmtree(self.folder / OUT, ignore_errors=True)

    def link_build(self, other):
        """Both are built alike: this one is served from the other's."""
        if other is not self:
            (self.folder / OUT).symlink_to(other.folder / OUT)

    def serve(self):
        command, environment = self.stack.serve(self.folder)
        return Served(command, self.folder, environment)

    def rebuild(self, number, build=True):
        """Seconds from the saved edit to the first answer, which is the edited handler's."""
        self.edit(number)
        begun = time.monotonic()
        if build:
            self.build()
        with self.serve() as server:
            answered = server.post_json()
            took = time.monotonic() - begun
        if answered != ASKED_ID + number:
            raise Failed(f"{self.stack.key} answered {answered} where {ASKED_ID + number} was built")
        return took


class Served(servers.Server):
    def __init__(self, command, folder, environment):
        super().__init__(*map(str, command), folder=folder, **environment)

    def post_json(self):
        """What a small object's user_id is answered as."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/json", json.dumps({"user_id": ASKED_ID, "action": "login"}),
                           {"Content-Type": "application/json"})
        answer = json.load(connection.getresponse())
        connection.close()
        return answer["user_id"]
