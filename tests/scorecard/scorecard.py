"""script/scorecard: measures the groups that are asked for, and makes the pages of all that is known.

Each group is a module with measure(bench), which yields rows.  What they find is kept in build/scorecard/ as soon as a group
has ended; a group that fails is said, and does not take the others with it.
"""

import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile
import traceback

import services                                 # first: it finds tests/bench
import machine
import page
from kept import Kept
from services import ROOT
from table import progress

GROUPS = {"load": "load", "equal load": "equal", "client": "client", "physics": "physics", "limit": "limit",
          "footprint": "footprint", "effort": "effort", "lines": "lines"}


class Bench:
    """What a measurement is given.  `capacities`: {kind: {service: requests a second in the closed loop}}, once known."""

    def __init__(self, quick, directory, results):
        self.quick, self.directory, self.results, self.out = quick, directory, results, services.OUT
        self.capacities = {}

    def few(self, quick, full):
        return quick if self.quick else full

    def fresh_directory(self):
        """Goes with the run."""
        return tempfile.mkdtemp(dir=self.directory)

    def keep(self, name, found):
        """Rounds that are not joust's, for who wants to look at them."""
        with open(f"{self.results}/{name}.rounds.json", "w", encoding="utf-8") as file:
            json.dump(found, file)


# ---- Measuring ----------------------------------------------------------------------------------


def shown(row):
    cells = [f"{name} {cell.note if cell.value is None else f'{cell.value:.4g}'}" for name, cell in row.cells.items()]
    return f"{row.what}, {row.unit or 'ratio'}: {'; '.join(cells)}" + "".join(f"\n   doubtful: {doubt}" for doubt in row.doubts)


def measure_group(bench, group):
    rows = []
    for row in importlib.import_module(GROUPS[group]).measure(bench):
        print(shown(row), file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def measure(bench, kept, groups, environment):
    """The groups that failed."""
    failed = []
    for group in groups:
        progress(f"group {group}")
        try:
            kept.save(group, measure_group(bench, group), environment, bench.quick)
        except (Exception, SystemExit):         # a tool that is missing, a service that did not start
            traceback.print_exc()
            failed.append(group)
    return failed


def measure_all(given, kept, command):
    if given.only is None:
        kept.forget_all()
    groups = list(GROUPS) if given.only is None else given.only
    kept.forget(groups)
    environment = machine.environment(command)
    services.build()
    directory = tempfile.mkdtemp(prefix="postern-scorecard-")
    try:
        return measure(Bench(given.quick, directory, str(kept.results)), kept, groups, environment)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


# ---- The pages ----------------------------------------------------------------------------------


def environment_of(known):
    """That of the first group; where others are of other runs, which."""
    environment = dict(next(iter(known.values()))["environment"])
    runs = {group: found["environment"] for group, found in known.items()}
    if len({(run["command"], run["date"]) for run in runs.values()}) > 1:
        environment["not one run"] = ", ".join(f"{group} {run['date']}" for group, run in runs.items())
    return environment


def pages_of(kept):
    known = {group: found for group in GROUPS if (found := kept.load(group))}
    if not known:
        raise SystemExit("scorecard: nothing has been measured yet")
    rows = [row for found in known.values() for row in found["rows"]]
    pages = page.write(rows, environment_of(known), any(found["quick"] for found in known.values()), kept.campaigns(), str(ROOT))
    (kept.results / "scorecard.md").write_text(pages.scorecard)
    (kept.results / "scorecard.json").write_text(pages.json)
    return pages


def arguments():
    parser = argparse.ArgumentParser(prog="script/scorecard")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--only", metavar="LIST", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--write", action="store_true", help="write the pages into docs/ and README.md")
    parser.add_argument("--last", action="store_true", help="measure nothing: take what build/scorecard/ has")
    parser.add_argument("--results", metavar="FOLDER", default=str(ROOT / "build" / "scorecard"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only is not None:
        given.only = [group.strip() for group in given.only.split(",")]
        if set(given.only) - set(GROUPS):
            parser.error(f"--only takes {', '.join(GROUPS)}")
    if not given.last and {services.SERVER_CPU, services.CLIENT_CPU} - os.sched_getaffinity(0):
        parser.error("cores 0 and 1 are needed, one for the server and one for the generator")
    return given


def main():
    given = arguments()
    kept = Kept(given.results)
    command = " ".join(["script/scorecard", *(["--quick"] if given.quick else [])])
    failed = [] if given.last else measure_all(given, kept, command)
    pages = pages_of(kept)
    print(pages.scorecard)
    if failed:
        raise SystemExit(f"scorecard: failed: {', '.join(failed)}; nothing is written into docs/")
    if given.write:
        page.publish(ROOT, pages, given.results)


if __name__ == "__main__":
    main()
