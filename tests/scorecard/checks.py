"""How long the tools take that find mistakes without running anything.

Each tool is asked anew after an edit of one handler, and may use all that it kept of the time before.
"""

import subprocess
import sys
from dataclasses import replace

from rows import LESS, Row, not_measured
from sources import FORMS, OUT, ROOT, Failed, cargo, has, jobs, median_cell, run
from table import progress

MYPY, PYRIGHT = "mypy==2.4.1", "pyright@1.1.400"       # pyright's is the version that the article names
APART = ("joust", "load", "stats")


def each_edit(copy, rounds, check):
    """Seconds of `check` after each of so many edits; it has been run before."""
    check()
    took = []
    for number in range(1, rounds + 1):
        copy.edit(number)
        took.append(check())
    return took


# ---- C ----------------------------------------------------------------------------------------


def objects(copy):
    sources = sorted(path.relative_to(copy.folder) for path in copy.folder.glob("src/*/*.c") if path.parent.name not in APART)
    return [f"checked/{source.with_suffix('.o')}" for source in sources]


def check_c(copy):
    """What make holds for changed: everything, as long as there are no object files."""
    return run(["make", "-s", jobs(), "BUILD=debug", "OUT=checked", "CC=cc -fsyntax-only", *objects(copy)], copy.folder)


def c_cell(bench, copy):
    """Nothing is compiled: empty object files tell make what has been checked."""
    progress("checks, postern")
    check_c(copy)
    whole = check_c(copy)
    for made in objects(copy):
        (copy.folder / made).touch()
    note = f"gcc -fsyntax-only with the Makefile's warnings, of what changed; all {len(objects(copy))} files take {whole:.1f} s"
    return median_cell(each_edit(copy, bench.few(2, 5), lambda: check_c(copy)), note)


# ---- Rust -------------------------------------------------------------------------------------


def cargo_check(copy, how):
    command, environment = cargo(copy.stack.key, how)(copy.folder)
    return run(command, copy.folder, **environment)


def has_clippy():
    return subprocess.run(["cargo", "clippy", "--version"], capture_output=True, check=False).returncode == 0


def rust_cell(bench, copy):
    progress(f"checks, {copy.stack.key}")
    took = each_edit(copy, bench.few(1, 5), lambda: cargo_check(copy, "check"))
    note = "cargo check, which checks this crate alone anew"
    if has_clippy():
        lint = each_edit(copy, bench.few(1, 3), lambda: cargo_check(copy, "clippy"))
        note += f"; cargo clippy takes {median_cell(lint).value:.2f} s"
    return median_cell(took, note)


# ---- Python -----------------------------------------------------------------------------------


def tools(bench):
    """Where mypy and pyright are installed, once."""
    folder = ROOT / bench.results / "tools"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def install_mypy(folder):
    program = folder / "mypy" / "bin" / "mypy"
    if not program.exists():
        run([sys.executable, "-m", "venv", folder / "mypy"], folder)
        run([program.with_name("pip"), "install", "--quiet", MYPY], folder)
    return program


def install_pyright(folder):
    program = folder / "node_modules" / "pyright" / "index.js"
    if not program.exists():
        run(["npm", "install", "--silent", "--no-save", "--prefix", folder, PYRIGHT], folder)
    return program


def mypy(bench, copy):
    program = install_mypy(tools(bench))
    told = [program, "--python-executable", copy.folder / OUT / "bin" / "python", "--strict", "-p", "service"]
    return median_cell(each_edit(copy, bench.few(1, 5), lambda: run(told, copy.folder)), f"{MYPY} with its cache")


def pyright(bench, copy):
    program = install_pyright(tools(bench))
    told = ["node", program, "--pythonpath", copy.folder / OUT / "bin" / "python", "service"]
    return median_cell(each_edit(copy, bench.few(1, 5), lambda: findings(told, copy.folder)), f"{PYRIGHT}, which keeps nothing")


def findings(command, folder):
    """Seconds.  pyright ends with 1 when it finds fault, as with code that was written for mypy it may; that is no failure."""
    try:
        return run(command, folder)
    except Failed as failed:
        if failed.status != 1:
            raise
        return failed.seconds


def attempted(tool, bench, copy):
    try:
        return tool(bench, copy)
    except (Failed, OSError) as failed:
        return not_measured(str(failed))


def python_cell(bench, copy):
    """The faster of the two, and in its note what the other takes."""
    progress(f"checks, {copy.stack.key}")
    found = [attempted(tool, bench, copy) for tool in [mypy, *([pyright] if has("node") and has("npm") else [])]]
    known = sorted((cell for cell in found if cell.value is not None), key=lambda cell: cell.value)
    if not known:
        return found[0]
    notes = [known[0].note, *(f"{cell.note}, takes {cell.value:.2f} s" for cell in known[1:])]
    return replace(known[0], note="; ".join(notes))


# ---- The row ----------------------------------------------------------------------------------


def rust_cells(bench, copies, why):
    for key in FORMS:
        yield key, not_measured(why) if why else attempted(rust_cell, bench, copies[key])


def row(bench, copies, why_no_rust):
    """`copies` have been built.  Both forms of FastAPI are one package, which is checked whole."""
    cells = {"postern": attempted(c_cell, bench, copies["postern"]), **dict(rust_cells(bench, copies, why_no_rust))}
    cells["fastapi"] = cells["fastapi-same"] = python_cell(bench, copies["fastapi"])
    return Row("check", "effort", "Type check after an edit of one handler", "s", LESS, cells)
