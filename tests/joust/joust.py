"""Runs joust and reads what it found.

    run = joust("-n", 100, target("a", server))     the fixture: result in a temporary file, bounded in time
    run.status, run.stderr, run.result.outcomes("a")

    with joust.begin("-d", "1s", ...) as running:   the same, while something is done to it
        ...
        run = running.end()
"""

import json
import os
import subprocess
import time
from collections import Counter

BINARY = os.path.abspath(os.environ.get("JOUST", "build/release/joust"))
ASKED_BEFORE = 3  # is it up; what does it answer; and once more
LEAKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "leaks.txt")
ENVIRONMENT = {"LSAN_OPTIONS": f"suppressions={LEAKS}:print_suppressions=0"}
STEPS = 1024  # of an octave, in a histogram
SHORT = ("tail", "little", "ceiling")  # gates that a run of some milliseconds cannot hold


def target(name, server, path="/"):
    return f"{name}={server.url(path)}"


class Histogram:
    """Durations: {slot: count}, and how many were never answered."""

    def __init__(self):
        self.slots, self.count, self.unanswered, self.waited_ns, self.sum_ns = Counter(), 0, 0, 0, 0

    def merge(self, tree):
        slot = 0
        for pair in tree["slots"].split():
            step, count = map(int, pair.split(":"))
            slot += step
            self.slots[slot] += count
        self.count += tree["count"]
        self.unanswered += tree["unanswered"]
        self.waited_ns = max(self.waited_ns, tree["waited_ns"])
        self.sum_ns += tree["sum_ns"]

    @staticmethod
    def slot_ns(slot):
        """The middle of a slot."""
        shift = max(0, slot // STEPS - 1)
        return ((slot - shift * STEPS) << shift) + ((1 << shift) - 1) / 2

    @property
    def mean_ns(self):
        return self.sum_ns / self.count

    def quantile_ns(self, q):
        """None: among the unanswered."""
        rank, seen = -int(-q * (self.count + self.unanswered) // 1), 0
        for slot in sorted(self.slots):
            seen += self.slots[slot]
            if seen >= rank:
                return self.slot_ns(slot)
        return None

    def at_least(self, ns):
        return sum(count for slot, count in self.slots.items() if self.slot_ns(slot) >= ns)


def histogram_of(tree):
    histogram = Histogram()
    histogram.merge(tree)
    return histogram


class Result:
    def __init__(self, tree):
        self.tree = tree
        self.names = [t["name"] for t in tree["targets"]]

    def target(self, name):
        return self.tree["targets"][self.names.index(name)]

    def rounds(self, name=None, view=0):
        return [r for r in self.tree["views"][view]["rounds"] if name is None or r["target"] == self.names.index(name)]

    def steps(self, name, view=0, step=None):
        return [s for r in self.rounds(name, view) for i, s in enumerate(r["steps"]) if step in (None, i)]

    def outcomes(self, name, view=0, step=None):
        """Of the requests of all windows; a Counter without zeros."""
        total = Counter()
        for s in self.steps(name, view, step):
            total.update(s["outcomes"])
        return +total

    def latency(self, name, view=0, step=None):
        merged = Histogram()
        for s in self.steps(name, view, step):
            merged.merge(s["latency"])
        return merged

    def sum(self, member, name, view=0):
        return sum(r[member] for r in self.rounds(name, view))

    def sent(self, name):
        """In all visits of all views, settling and drain included."""
        return sum(self.sum("sent", name, view) for view in range(len(self.tree["views"])))

    def analysis(self, name, view=0):
        return self.tree["analysis"][view]["targets"][self.names.index(name)]

    def gate(self, gate, name, view=0):
        return next(g for g in self.tree["analysis"][view]["gates"] if (g["gate"], g["target"]) == (gate, name))

    def broken(self, view=0):
        """Names of the gates that are, and were not allowed to be."""
        return {g["gate"] for g in self.tree["analysis"][view]["gates"] if g["broken"] and not g["allowed"]}


class Run:
    def __init__(self, status, stdout, stderr, file):
        self.status, self.stdout, self.stderr, self.file = status, stdout, stderr, file
        self.result = Result(json.loads(file.read_text())) if file.exists() else None

    def __repr__(self):
        return f"exit {self.status}\n{self.stdout}{self.stderr}"


class Running:
    def __init__(self, words, file, seconds, **more):
        self.file, self.until = file, time.monotonic() + seconds
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=os.environ | ENVIRONMENT, **more)
        self.read = ""

    def wait_for(self, text):
        """Until it has said so on standard error."""
        while text not in self.read:
            line = self.process.stderr.readline()
            assert line, f"joust ended: {self.read}"
            self.read += line

    def goes_on_for(self, seconds):
        """It does not end in that time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def is_running(self):
        return self.process.poll() is None

    def end(self):
        try:
            stdout, stderr = self.process.communicate(timeout=max(1, self.until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"joust hangs: {self.read}{stderr}") from None
        assert self.process.returncode not in (-6, -11, 134, 139), f"joust crashed: {stderr}"
        assert "Sanitizer" not in stderr and "runtime error" not in stderr, stderr
        return Run(self.process.returncode, stdout, self.read + stderr, self.file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.is_running():
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Joust:
    """Calls of the binary; one at a time, each with the file of its result in `folder`."""

    def __init__(self, folder):
        self.folder, self.calls = folder, 0

    def begin(self, *words, seconds=30, quiet=False, **more):
        self.calls += 1
        file = self.folder / f"{self.calls}.json"
        settings = ["--json", file, *(["-q"] if quiet else [])]
        return Running([BINARY, *map(str, settings), *map(str, words)], file, seconds, **more)

    def __call__(self, *words, **more):
        with self.begin(*words, quiet=True, **more) as running:
            return running.end()

    def short(self, *words, allow=SHORT, **more):
        """Without warm-up, settled for a moment, in two blocks unless told otherwise."""
        return self("--warm-up", 0, "--settle", "5ms", "--blocks", 2, "--allow", ",".join(allow), *words, **more)

    def compare(self, *words, seconds=30):
        process = subprocess.run([BINARY, "compare", *map(str, words)], capture_output=True, text=True, timeout=seconds,
                                 env=os.environ | ENVIRONMENT)
        return process.returncode, process.stdout, process.stderr
