"""Rows of the scorecard: what was measured, of which service, how sure it is, and who is ahead.

A module that measures yields rows; nothing in a row knows how it will look. docs/scorecard.json is a list of them as they are.
"""

import dataclasses
import math

POSTERN = "postern"
MORE, LESS = "more is better", "less is better"
MARGIN = 0.02                   # a smaller difference is none, as in joust


@dataclasses.dataclass(frozen=True)
class Cell:
    """One service's figure, with the ends of its 95 % interval where it has one.  No value: `note` says why it was not measured."""

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    def ends(self):
        """Without an interval: the value alone."""
        return (self.value if self.low is None else self.low), (self.value if self.high is None else self.high)


@dataclasses.dataclass(frozen=True)
class Row:
    """`key` names it for good; `cells` are by service, in the order of services.py.  `doubts`: joust's broken gates, or what else
    makes the figure doubtful.  `of`: what the ratio of two cells is called, where `unit` does not tell."""

    key: str
    group: str                  # effort, lines, load, equal load, footprint, physics, limit
    what: str
    unit: str                   # "1/s", "µs", "ms", "s", "MiB", "bytes", "lines", "" for a ratio
    better: str
    cells: dict[str, Cell]
    command: str = ""           # that shows it again
    doubts: tuple[str, ...] = ()
    headline: bool = False
    at_least: float | None = None   # what Postern's figure is to reach; where less is better, not to exceed
    aim: float | None = None        # and what it should


def not_measured(why):
    return Cell(None, note=why)


def is_ahead(row, one, other):
    """The figure of one is better than the other's by more than the margin, and their intervals do not meet."""
    a, b = row.cells.get(one), row.cells.get(other)
    if a is None or b is None or a.value is None or b.value is None or any(map(math.isnan, (a.value, b.value))):
        return False
    (a_low, a_high), (b_low, b_high) = a.ends(), b.ends()
    if row.better == MORE:
        return a_low > b_high and a.value > b.value * (1 + MARGIN)
    return a_high < b_low and a.value < b.value * (1 - MARGIN)


def lost(row):
    """Whether any other service is ahead of Postern in it."""
    return any(is_ahead(row, other, POSTERN) for other in row.cells if other != POSTERN)


def reached(row):
    """"aim", "at least" or "missed", by Postern's figure; empty where nothing is asked of it or it is not known."""
    cell = row.cells.get(POSTERN)
    if cell is None or cell.value is None or math.isnan(cell.value) or row.at_least is None:
        return ""
    for name, limit in (("aim", row.aim), ("at least", row.at_least)):
        if limit is not None and (cell.value >= limit if row.better == MORE else cell.value <= limit):
            return name
    return "missed"


def as_json(row):
    return dataclasses.asdict(row)
