"""From a bare machine to the first answer of a hello-world endpoint: hello/bare does it, this reads what it says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from rows import LESS, Cell, Row, not_measured
from table import progress

BARE = Path(__file__).parent / "hello" / "bare"
STACKS = ("postern", "axum", "fastapi")
LIMIT_SECONDS = 1800
# Between the first such line and the next of the other kind something is fetched: apt, pip, cargo.
FETCHING = ((r"Get:\d+ ", r"Fetched "), (r"Collecting ", r"Installing collected packages"),
            (r" +(Updating|Downloading|Downloaded) ", r" +Compiling "))
NOTES = {"postern": "apt, make postern, make install, examples/hello.c",
         "axum": "apt (a linker), cargo run, a debug build; the toolchain was there, which is neither fetched nor installed",
         "fastapi": "apt, python -m venv, pip install, uvicorn"}


def why_not():
    if os.geteuid() != 0 and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode != 0:
        return "a bare system is made by root"
    return "" if shutil.which("debootstrap") or shutil.which("apt-get") else "debootstrap makes a bare Debian, and is not here"


def fetching_ms(lines):
    """How long something was fetched, in [(ms, text)]."""
    total = 0
    for begins, ends in FETCHING:
        since = None
        for ms, text in lines:
            if since is None and re.match(begins, text):
                since = ms
            elif since is not None and re.match(ends, text):
                total, since = total + ms - since, None
    return total


def cell(name, lines):
    """`lines`: what `bare` said of it."""
    if not lines or not lines[-1][1].startswith("answered "):
        said = [text for _, text in lines[-2:]]
        return not_measured("there was no answer: " + (" / ".join(said) or "bare ended before"))
    ms, text = lines[-1]
    fetched = fetching_ms(lines) / 1000
    return Cell(ms / 1000, note=f"{NOTES[name]}; of it {fetched:.1f} s fetching, {int(text.split()[1]) / 1e6:.0f} MB received")


def read(output):
    """{stack: [(ms, text)]}"""
    found = {name: [] for name in STACKS}
    for line in output.splitlines():
        parts = line.split(" ", 2)
        if len(parts) == 3 and parts[0] in found and parts[1].isdigit():
            found[parts[0]].append((int(parts[1]), parts[2]))
    return found


def measured():
    progress("from a bare machine to an answer")
    try:
        done = subprocess.run([BARE], stdout=subprocess.PIPE, stderr=None, text=True, errors="replace", check=False,
                              timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return {name: not_measured(f"not within {LIMIT_SECONDS} s") for name in STACKS}
    return {name: cell(name, lines) for name, lines in read(done.stdout).items()}


def row(why=""):
    """`why` it is left out, if it is."""
    why = why or why_not()
    cells = {name: not_measured(why) for name in STACKS} if why else measured()
    return Row("first-endpoint", "effort", "A bare Debian 12 to the first answer of a hello-world endpoint, installation included",
               "s", LESS, cells, "tests/scorecard/hello/bare", () if why else ("one run, and part of it is the network's",))
