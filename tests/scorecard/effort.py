"""What the work with each service costs: from a bare machine to an answer (hello.py), building, rebuilding, checking.

Everything is done in copies (sources.py).  A --quick run leaves out what takes minutes: a bare machine and builds of Rust.
"""

import json
import os
import subprocess
from pathlib import Path

import checks
import hello
import lines
from rows import LESS, Cell, Row, not_measured
from sources import FORMS, ROOT, Copy, Failed, axum, fastapi, has, jobs, median_cell, postern, run
from table import progress

TAKES_MINUTES = "left out of --quick, since it takes minutes"
COMPILED = {".rs", ".c", ".h"}


# ---- Stacks that are there --------------------------------------------------------------------


def why_not(stack):
    missing = [program for program in stack.needs if not has(program)]
    return f"no {missing[0]} here" if missing else ""


def left_out(bench, stack):
    """Of Rust."""
    return TAKES_MINUTES if bench.quick else why_not(stack)


def tried(work, *arguments):
    """What `work` gives, or a cell that says why it gives nothing."""
    try:
        return work(*arguments)
    except (Failed, SystemExit, OSError) as failed:
        return not_measured(str(failed))


def fetch_crates():
    """What the network costs is not what a build costs."""
    if has("cargo"):
        run(["cargo", "fetch", "--locked", "--quiet"], ROOT / "contenders" / "axum")


# ---- Clean builds -----------------------------------------------------------------------------


def clean_builds(copy, times):
    took = []
    for _ in range(times):
        copy.clean()
        took.append(copy.build())
    return took


def clean_cell(bench, copy, note):
    progress(f"clean build, {copy.stack.key}")
    return median_cell(clean_builds(copy, bench.few(1, 3 if copy.stack.key == "postern" else 1)), note)


def clean_python(copy):
    """The first fills pip's cache, if nobody has; the second is the one that counts."""
    progress("clean build, fastapi")
    return median_cell(clean_builds(copy, 2)[1:],
                       "a virtual environment with what the lock file names, from pip's cache, as bytecode; both forms share it")


def clean_cells(bench, copies):
    cells = {"postern": tried(clean_cell, bench, copies["postern"], f"make {jobs()}")}
    for key in FORMS:
        why = left_out(bench, copies[key].stack)
        cells[key] = not_measured(why) if why else tried(
            clean_cell, bench, copies[key], "every crate is compiled, with link-time optimisation; the crates are there already")
    cells["fastapi"] = cells["fastapi-same"] = tried(clean_python, copies["fastapi"])
    return cells


def clean_row(cells):
    return Row("build-clean", "effort", "Clean build of the full service, release", "s", LESS, cells,
               "make BUILD=release OUT=build/clean build/clean/postern")


# ---- For each 10,000 lines --------------------------------------------------------------------


def packages(key):
    """Folder and features of every crate that this form is built from, its own included."""
    features_alone = FORMS[key][:-2]
    told = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host(), *features_alone]
    done = subprocess.run(told, cwd=ROOT / "contenders" / "axum", capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    features = {node["id"]: node["features"] for node in found["resolve"]["nodes"]}
    return [(Path(each["manifest_path"]).parent, features[each["id"]]) for each in found["packages"] if each["id"] in features]


def host():
    said = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    return next(line.split()[1] for line in said.splitlines() if line.startswith("host:"))


def compiled_files(folder, features):
    """Of one crate: its Rust, and the C that its build compiles.  libsqlite3-sys brings SQLite, and compiles it if told to."""
    if folder.name.startswith("libsqlite3-sys"):
        names = ["src/*.rs", *(["sqlite3/sqlite3.[ch]"] if "bundled" in features else [])]
    else:
        names = ["src/**/*.rs", "c_src/**/src/**/*.[ch]", "c_src/**/include/**/*.h"]
    return [path for name in names for path in folder.glob(name)]


def crate_lines(key):
    """(all, of which the service's own)"""
    whole = sum(lines.count(*compiled_files(*each)) for each in packages(key))
    return whole, lines.own_lines()[key][0]


def per_10000(cell, count, note):
    if cell.value is None:
        return cell
    scaled = [None if end is None else end * 10_000 / count for end in (cell.value, cell.low, cell.high)]
    return Cell(*scaled, note)


def axum_per_10000(key, cell):
    if cell.value is None:
        return cell
    whole, own = crate_lines(key)
    return per_10000(cell, whole, f"{whole:,} lines, of which {own:,} are the service's own; also counted is what a crate has for "
                     "other systems")


def per_lines_row(clean):
    count = lines.count(*(path for path in lines.service_files() if path.suffix in COMPILED))
    note = f"{count:,} lines, all its own; SQLite, libsodium and OpenSSL come compiled"
    cells = {"postern": per_10000(clean["postern"], count, note)}
    cells |= {key: tried(axum_per_10000, key, clean[key]) for key in FORMS}
    return Row("build-10k", "effort", "Clean build, for each 10,000 lines that it compiles, dependencies included", "s", LESS,
               cells)


# ---- An edit and the next answer --------------------------------------------------------------


def rebuilt(copy, numbers, build=True):
    """The first after a clean build would find colder caches than an edit does: one goes before."""
    copy.rebuild(numbers[0], build)
    return [copy.rebuild(number, build) for number in numbers[1:]]


def edit_cell(copy, rounds, note="", build=True):
    progress(f"an edit and the next answer, {copy.stack.key}")
    return median_cell(rebuilt(copy, range(1, rounds + 2), build), note)


def python_edits(bench, copies):
    """Restarts, in the virtual environment of the clean build."""
    cells = {}
    for key in ("fastapi", "fastapi-same"):
        copies[key].link_build(copies["fastapi"])
        cells[key] = tried(edit_cell, copies[key], bench.few(2, 7), "nothing to build: restarted", False)
    return cells


def release_edits(bench, copies):
    cells = {"postern": tried(edit_cell, copies["postern"], bench.few(2, 7), "make")}
    for key in FORMS:
        why = left_out(bench, copies[key].stack)
        cells[key] = not_measured(why) if why else tried(edit_cell, copies[key], 2, "cargo build --release")
    return cells | python_edits(bench, copies)


def debug_edits(bench, release):
    cells = {"postern": not_measured(TAKES_MINUTES) if bench.quick else tried(debug_edit, bench, postern("debug"), 7,
                                                                              "make BUILD=debug, as script/dev does")}
    for key in FORMS:
        why = left_out(bench, axum(key))
        cells[key] = not_measured(why) if why else tried(debug_edit, bench, axum(key, "debug"), 5,
                                                                  "cargo build")
    return cells | {key: release[key] for key in ("fastapi", "fastapi-same")}


def debug_edit(bench, stack, rounds, note):
    copy = Copy(stack, bench.directory, f"debug-{stack.key}")
    took = copy.build()
    return edit_cell(copy, rounds, f"{note}; the clean build before it took {took:.1f} s")


def edit_rows(bench, copies):
    release = release_edits(bench, copies)
    what = "From an edit of one handler to its answer"
    yield Row("rebuild", "effort", f"{what}, release builds", "s", LESS, release)
    yield Row("rebuild-debug", "effort", f"{what}, debug builds", "s", LESS, debug_edits(bench, release))


# ---- All --------------------------------------------------------------------------------------


def measure(bench):
    tried(fetch_crates)
    stacks = [postern(), axum("axum"), axum("axum-same"), fastapi("fastapi"), fastapi("fastapi-same")]
    copies = {stack.key: Copy(stack, bench.directory) for stack in stacks}
    yield hello.row(TAKES_MINUTES if bench.quick else "")
    clean = clean_cells(bench, copies)
    yield clean_row(clean)
    yield per_lines_row(clean)
    yield from edit_rows(bench, copies)
    yield checks.row(bench, copies, left_out(bench, axum("axum")))
