"""What has been measured, by group, in build/scorecard/: a run of some groups leaves the others as they were.

A group's file says in which run it was made, so that a page cannot pass two runs off as one.
"""

import json
from pathlib import Path

from rows import Cell, Row, as_json


class Kept:
    def __init__(self, results):
        self.results = Path(results)
        (self.results / "groups").mkdir(parents=True, exist_ok=True)

    def path(self, group):
        return self.results / "groups" / f"{group.replace(' ', '-')}.json"

    def forget(self, groups):
        for group in groups:
            self.path(group).unlink(missing_ok=True)

    def forget_all(self):
        """The folders beside are caches of those who measure."""
        for file in (*self.results.glob("*.json"), *self.results.glob("*.svg"), *(self.results / "groups").glob("*.json")):
            file.unlink()

    def save(self, group, rows, environment, quick):
        found = {"environment": environment, "quick": quick, "rows": [as_json(row) for row in rows]}
        self.path(group).write_text(json.dumps(found))

    def load(self, group):
        """{"environment", "quick", "rows"}, or None."""
        path = self.path(group)
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return {**found, "rows": [row_of(row) for row in found["rows"]]}

    def campaigns(self):
        """joust's results, by name."""
        return {path.name.removesuffix(".joust.json"): json.loads(path.read_text())
                for path in sorted(self.results.glob("*.joust.json"))}


def row_of(tree):
    cells = {name: Cell(**cell) for name, cell in tree["cells"].items()}
    return Row(**{**tree, "cells": cells, "doubts": tuple(tree["doubts"])})
