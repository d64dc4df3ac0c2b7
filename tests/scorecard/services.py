"""The services that are measured: how each is built, started and asked.

    with services.running(("postern", "axum-same"), cores=services.ONE) as servers:
        servers["axum-same"].port, .process.pid, .database, .sign_in()

All run at once, each with a port and a fresh database of its own in which one account is registered, and with one secret
(HS256), so that a token of one is good at the others.  ONE: pinned to one core, with one loop or worker and one thread that
hashes; ALL: as each starts by itself.  What cannot be measured here is not among them: `why_not` says why.
"""

import contextlib
import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))
import servers  # noqa: E402
from rows import not_measured  # noqa: E402
from table import progress  # noqa: E402

OUT = str(ROOT / os.environ.get("OUT", "build/release"))        # the release build of Postern and joust
ONE, ALL = "one", "all"
SERVER_CPU, CLIENT_CPU = 0, 1
PINNED = ("taskset", "-c", str(SERVER_CPU))
# 100 log-ins at a time wait for up to three seconds at the slowest; none of the others refuses one that waits.
PATIENT = ("--queue-wait", "60s")
TOOLCHAIN_MISSING = 3           # what a contender's build exits with


@dataclasses.dataclass(frozen=True)
class Service:
    """`folder`: its own sources.  `form`: which of a contender's forms.  `outputs` are what its build leaves of `sources`."""

    key: str
    label: str
    folder: str
    form: str = ""
    outputs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def name(self):
        return Path(self.folder).name


def axum(key, label, form):
    made = tuple(f"build/contenders/axum/release/accounts{end}" for end in ("", "-same-technique"))
    return Service(key, label, "contenders/axum", form, made, ("build", "build.rs", "Cargo.toml", "Cargo.lock", "src"))


def fastapi(key, label, form):
    return Service(key, label, "contenders/fastapi", form, ("build/contenders/fastapi/pyvenv.cfg",),
                   ("build", "requirements.lock"))


SERVICES = {service.key: service for service in (
    Service("postern", "Postern", "src"),
    axum("axum", "Axum", "own libraries"),
    axum("axum-same", "Axum, same technique", "same technique"),
    fastapi("fastapi", "FastAPI", "own libraries"),
    fastapi("fastapi-same", "FastAPI, same technique", "same technique"))}
KEYS = tuple(SERVICES)
# Those that have only some rows, and the yardstick.
LABELS = {key: service.label for key, service in SERVICES.items()} | {
    "pocketbase": "PocketBase", "glewlwyd": "Glewlwyd", "null": "a server that does nothing"}


# ---- Building -----------------------------------------------------------------------------------


def note_of(name):
    """Where it stands why a contender could not be built."""
    return ROOT / "build" / "contenders" / f"{name}.not-measured"


def files(paths):
    for path in paths:
        yield from (each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def is_built(service):
    outputs = [ROOT / output for output in service.outputs]
    if not all(output.exists() for output in outputs):
        return False
    newest = max(file.stat().st_mtime for file in files(ROOT / service.folder / source for source in service.sources))
    return min(output.stat().st_mtime for output in outputs) >= newest


def build_one(service):
    progress(f"building contenders/{service.name}")
    environment = {name: value for name, value in os.environ.items() if name != "OUT"}
    done = subprocess.run([ROOT / service.folder / "build"], stdout=subprocess.PIPE, text=True, check=False, env=environment)
    note = note_of(service.name)
    note.unlink(missing_ok=True)
    if done.returncode:
        said = (done.stdout.splitlines() or [""])[-1]
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(said.removeprefix("not measured: ") if done.returncode == TOOLCHAIN_MISSING
                        else f"contenders/{service.name}/build failed")


def build():
    """Builds the contenders whose outputs are missing or older than their sources."""
    for service in {service.name: service for service in SERVICES.values() if service.outputs}.values():
        if is_built(service):
            note_of(service.name).unlink(missing_ok=True)
        else:
            build_one(service)


def why_not(key):
    """Empty: it can be measured."""
    service = SERVICES[key]
    note = note_of(service.name)
    if note.exists():
        return note.read_text().strip()
    return "" if all((ROOT / output).exists() for output in service.outputs) else f"contenders/{service.name} is not built"


def available(keys=KEYS):
    return tuple(key for key in keys if not why_not(key))


def cells(found, keys=KEYS, otherwise="not measured"):
    """`found`, in the order of the services, and with those that could not be measured."""
    return {key: found.get(key) or not_measured(why_not(key) or otherwise) for key in keys}


# ---- Running ------------------------------------------------------------------------------------


class Server(servers.Server):
    """A service that runs."""

    def __init__(self, service, command, database, before, environment):
        super().__init__(*command, before=before, folder=ROOT / service.folder, **environment)
        self.service, self.database = service, database


@functools.cache
def postern_options():
    """Benchmarks go without limits on what one client may ask, where there are any."""
    said = subprocess.run([f"{OUT}/postern", "serve", "--help"], capture_output=True, text=True, check=True).stdout
    return ("--bench-endpoint", *(("--limits", "off") if "--limits" in said else ()))


def start(key, directory, cores=ONE, options=PATIENT, **environment):
    """`options` are for Postern alone; the environment is for all."""
    service, database = SERVICES[key], Path(directory) / f"{key}.db"
    told = {"JWT_SECRET": servers.SECRET, **environment}
    if key == "postern":
        single = ("--threads", "1", "--hash-threads", "1") if cores == ONE else ()
        command = (f"{OUT}/postern", "serve", "--listen", "127.0.0.1:0", "--database", f"sqlite:{database}",
                   *postern_options(), *single, *options)
    else:
        command = json.loads((ROOT / service.folder / "forms.json").read_text())[service.form]
        told |= {"LISTEN": "127.0.0.1:0", "DATABASE": str(database)} | ({"WORKERS": "1"} if cores == ONE else {})
    return Server(service, command, database, PINNED if cores == ONE else (), told)


@contextlib.contextmanager
def running(keys=KEYS, cores=ONE, options=PATIENT):
    """{key: server} of those that can be measured."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="postern-scorecard-"))
        started = {}
        for key in available(keys):
            started[key] = stack.enter_context(start(key, directory, cores, options))
            started[key].sign_in()
        yield started


# ---- Versions -----------------------------------------------------------------------------------

ASK_INTERPRETER = """
import importlib.metadata, json, sys, sysconfig
options = sysconfig.get_config_var("CONFIG_ARGS") or ""
guided = "--enable-optimizations" in options or sys.base_prefix == "/usr"       # Debian's packaging needs no switch for it
print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "guided": guided,
    "jit": "experimental-jit" in options, "packages": {name: importlib.metadata.version(name)
    for name in ("fastapi", "pydantic", "uvicorn", "sqlalchemy", "pyjwt")}}))"""


@functools.cache
def interpreter():
    """What FastAPI runs on, or None."""
    python = ROOT / "build" / "contenders" / "fastapi" / "bin" / "python"
    if why_not("fastapi") or not python.exists():
        return None
    done = subprocess.run([python, "-c", ASK_INTERPRETER], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def interpreter_text():
    found = interpreter()
    if not found:
        return why_not("fastapi") or "no interpreter"
    how = "built with profile-guided optimisation" if found["guided"] else "built without profile-guided optimisation"
    return f"CPython {found['version']}, {how}, {'with' if found['jit'] else 'without'} the JIT"
