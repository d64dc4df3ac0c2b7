"""A Postern process under test: started on a port of its own, watched, ended."""

import os
import re
import select
import shlex
import signal
import subprocess
import time
from pathlib import Path

import flags

SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehavior|runtime error:|: impossible: ")
LISTENING = re.compile(r"listening on (http://(?:127\.0\.0\.1|\[::1\]):\d+)\n")
EXTRA = shlex.split(os.environ.get("POSTERN_TEST_ARGS", ""))


def environment(**variables):
    """This one's, without what configures the service; `None` values are left out."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("POSTERN_") and n not in ("JWT_SECRET", "DATABASE_URL")}
    return {**kept, **{n: v for n, v in variables.items() if v is not None}}


def command(*arguments):
    return [str(Path(flags.BINARY).resolve()), *arguments]


def run(*arguments, timeout=20, user=None, **variables):
    """The binary run to its end, as a subprocess.CompletedProcess with text."""
    extra = EXTRA if arguments[:1] == ("serve",) else []
    return subprocess.run(command(*arguments, *extra), env=environment(**variables), timeout=timeout, user=user,
                          capture_output=True, text=True, check=False)


def descendants(pid):
    """{pid: command name} of a process and all below it."""
    processes = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)", (entry / "stat").read_text().strip(), re.S).groups()
            except (OSError, AttributeError):
                continue
            processes[int(entry.name)] = (name, int(rest.split()[1]), rest.split()[0])
    found = {}
    wanted = [pid]
    while wanted:
        one = wanted.pop()
        if one in processes and processes[one][2] not in "ZX":
            found[one] = processes[one][0]
        wanted += [child for child, (_, parent, _) in processes.items() if parent == one]
    return found


class StartFailed(Exception):
    pass


class Server:
    """`arguments` beyond --listen and --database; `secret` becomes JWT_SECRET."""

    def __init__(self, directory, *arguments, secret=None, database=None, wrapper=(), **variables):
        self.directory = Path(directory)
        self.database = database or f"sqlite:{self.directory}/postern.db"
        limits = [] if "--limits" in arguments else ["--limits", "off"]  # all tests come from one address
        self.arguments = ["serve", "--listen", "127.0.0.1:0", "--database", self.database, *limits, *EXTRA, *arguments]
        self.variables = {"JWT_SECRET": secret, **variables}
        self.secret = secret
        self.wrapper = list(wrapper)
        self.errors = self.directory / "stderr"
        self.process = self.url = None
        self.tree = {}  # as last seen: what to kill when the parent is gone

    def start(self, timeout=20):
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                self.wrapper + command(*self.arguments), env=environment(**self.variables), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
        line = self._first_line(timeout)
        found = LISTENING.fullmatch(line)
        if not found:
            self.kill()
            raise StartFailed(f"first line {line!r}, exit {self.process.returncode}, stderr:\n{self.log()}")
        self.url = found[1]
        self.processes()
        return self

    def _first_line(self, timeout):
        deadline, line = time.monotonic() + timeout, b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 1) if ready else b""
            if not piece:
                break
            line += piece
        return line.decode()

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def log(self):
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""

    def running(self):
        return self.process is not None and self.process.poll() is None

    def processes(self):
        self.tree = descendants(self.process.pid)
        return self.tree

    def role(self, name):
        """The pid of the one process of that command name."""
        found = [pid for pid, comm in self.processes().items() if comm == name]
        assert len(found) == 1, f"{name}: {self.processes()}"
        return found[0]

    def check_log(self):
        assert not SANITIZER.search(self.log()), self.log()

    def terminate(self):
        self.process.terminate()

    def wait(self, timeout=20):
        """The exit code; nothing of the tree is left behind."""
        code = self.process.wait(timeout)
        self.process.stdout.close()
        return code

    def stop(self):
        """SIGTERM, and everything about the end is as promised."""
        if not self.running():
            return
        self.terminate()
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("did not end within 20 s of SIGTERM\n" + self.log()) from None
        assert code == 0, f"exit {code}\n{self.log()}"
        self.check_log()

    def kill(self):
        """kill -9 of the whole tree, then waits until nothing of it is left."""
        if self.process is None:
            return
        tree = {**self.tree, **descendants(self.process.pid)}
        for _ in range(3):  # a child may have been made between looking and killing
            for pid in tree:
                try:
                    if os.getpgid(pid) == self.process.pid:  # not another process that got its number
                        os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self.process.wait()
        self.process.stdout.close()
        deadline = time.monotonic() + 60    # SIGKILL waits for an fsync that is under way, however slow the disk
        while self._left(tree) and time.monotonic() < deadline:
            time.sleep(0.002)
        assert not self._left(tree), tree

    def _left(self, tree):
        def is_ours(pid):
            try:
                return os.getpgid(pid) == self.process.pid
            except ProcessLookupError:
                return False
        return [pid for pid in tree if is_ours(pid) and alive(pid)]


def alive(pid):
    """Any thread of it: the first one can be a zombie while others still hold files and locks."""
    try:
        return any((task / "stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
                   for task in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return False


class Elsewhere:
    """A server that somebody else runs (POSTERN_URL): it can be asked, not managed."""

    def __init__(self, url):
        self.url, self.secret = url, os.environ.get("JWT_SECRET")

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])
